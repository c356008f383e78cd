" Vim takes *.res for ReScript, so the type is set again where the text is resdsl's.
autocmd BufNewFile *.res set filetype=resdsl
autocmd BufRead *.res if search('^\s*\%(use\|block\|model\)\s\+[[:alpha:]_"]', 'nw') | set filetype=resdsl | endif
