" Vim syntax file
" Language: resdsl (residual networks as text)
" Install:  copy editors/vim/* into ~/.vim (Neovim: ~/.config/nvim)

if exists("b:current_syntax")
  finish
endif

syntax case match
syntax sync minlines=50

syntax keyword resdslDeclaration block model let use
syntax keyword resdslStatement require default input output survival expect shared stage region residual dense keep from aux
syntax keyword resdslMerge add mul concat mean
syntax keyword resdslClause shortcut gate carry per rescale then
syntax keyword resdslConditional if else
syntax keyword resdslRepeat for in
syntax keyword resdslBoolean true false
syntax keyword resdslWordOperator and or not
syntax keyword resdslPredefined channels size out l L none auto
syntax keyword resdslFunction floor ceil round min max sum len abs log2 range enumerate zip divisible

syntax match resdslOperator /->\|[<>=!]=\|\/\/\|[-+*\/%^<>=~|]/
syntax match resdslTimes /\%([A-Za-z0-9_)\]]\s\)\@<=x\ze\s\+[A-Za-z0-9_({]/
syntax match resdslCall /\<\h\w*\ze(/ contains=resdslFunction,resdslStatement,resdslDeclaration
syntax match resdslDefined /\%(\<\%(block\|model\)\s\+\)\@<=\h\w*/
syntax match resdslLabel /\<\h\w*\ze\%(\[\s*\]\)\?\s*:/
syntax match resdslLabel /\<\h\w*\ze{/
syntax match resdslArgument /\<\h\w*\ze\s*==\@!/
syntax match resdslNumber /\<\d[0-9_]*\%(\.\d\+\)\?\%([eE][+-]\?\d\+\)\?[KMG]\?\>/
syntax match resdslSize /\<\d\+\%(x\d\+\)\+\>/

syntax region resdslHole matchgroup=resdslDelimiter start=/{/ end=/}/ oneline contained contains=TOP
syntax match resdslEscape /{{\|}}/ contained
syntax region resdslString start=/"/ end=/"/ oneline contains=resdslHole,resdslEscape

syntax keyword resdslTodo TODO FIXME XXX contained
syntax match resdslComment /#.*$/ contains=resdslTodo,@Spell

highlight default link resdslDeclaration Structure
highlight default link resdslStatement Statement
highlight default link resdslMerge Statement
highlight default link resdslClause Keyword
highlight default link resdslConditional Conditional
highlight default link resdslRepeat Repeat
highlight default link resdslBoolean Boolean
highlight default link resdslWordOperator Operator
highlight default link resdslPredefined Constant
highlight default link resdslFunction Function
highlight default link resdslOperator Operator
highlight default link resdslTimes Repeat
highlight default link resdslCall Function
highlight default link resdslDefined Type
highlight default link resdslLabel Label
highlight default link resdslArgument Identifier
highlight default link resdslNumber Number
highlight default link resdslSize Number
highlight default link resdslString String
highlight default link resdslEscape SpecialChar
highlight default link resdslDelimiter Special
highlight default link resdslComment Comment
highlight default link resdslTodo Todo

let b:current_syntax = "resdsl"
