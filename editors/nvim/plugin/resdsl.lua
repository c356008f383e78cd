-- Starts the language server of resdsl for *.res files.
-- Install: copy editors/vim/* and editors/nvim/* into ~/.config/nvim, and the server with  pip install "resdsl[lsp]".
-- vim.g.resdsl_command = { "/path/to/resdsl" } says where it is if it is not on the PATH.

if vim.g.loaded_resdsl then
  return
end
vim.g.loaded_resdsl = true

local function command()
  return vim.g.resdsl_command or { "resdsl" }
end

local function root(path)
  if vim.fs and vim.fs.find then -- 0.8
    local marker = vim.fs.find({ "pyproject.toml", ".git" }, { path = path, upward = true })[1]
    return marker and vim.fs.dirname(marker) or path
  end
  return path
end

local client -- before 0.8 Neovim does not look for one that runs itself

local function start(buffer)
  local settings = {
    name = "resdsl",
    cmd = vim.list_extend(vim.deepcopy(command()), { "lsp" }),
    root_dir = root(vim.fn.fnamemodify(vim.api.nvim_buf_get_name(buffer), ":p:h")),
  }
  if vim.lsp.start then -- 0.8
    vim.lsp.start(settings, { bufnr = buffer })
    return
  end
  if not client or not vim.lsp.get_client_by_id(client) then
    client = vim.lsp.start_client(settings)
  end
  if client then
    vim.lsp.buf_attach_client(buffer, client)
  end
end

local enabled = false

vim.api.nvim_create_autocmd("FileType", {
  group = vim.api.nvim_create_augroup("resdsl", {}),
  pattern = "resdsl",
  callback = function(event)
    if vim.fn.executable(command()[1]) == 0 then
      local message = ('resdsl is not installed: there is no program %s. pip install "resdsl[lsp]"'):format(command()[1])
      vim.notify_once(message, vim.log.levels.WARN)
    elseif not vim.lsp.enable then -- before 0.11
      start(event.buf)
    elseif not enabled then
      enabled = true
      vim.lsp.enable("resdsl")
    end
  end,
})
