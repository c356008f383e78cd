-- How Neovim 0.11 and newer starts the language server; vim.lsp.config("resdsl", {...}) changes any of it.
return {
  cmd = vim.list_extend(vim.deepcopy(vim.g.resdsl_command or { "resdsl" }), { "lsp" }),
  filetypes = { "resdsl" },
  root_markers = { "pyproject.toml", ".git" },
}
