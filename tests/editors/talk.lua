-- What Neovim and the server say of two files, as JSON: nvim --headless ... -S talk.lua, with ANSWER, FIRST and SECOND set.

local found = {}

local function eventually(question)
  return vim.wait(20000, question, 50)
end

local function clients()
  return vim.lsp.get_clients and vim.lsp.get_clients({ name = "resdsl" }) or vim.tbl_values(vim.lsp.buf_get_clients(0))
end

local function ask(method, line, column)
  local place = {
    textDocument = vim.lsp.util.make_text_document_params(),
    position = { line = line, character = column },
  }
  for _, answer in pairs(vim.lsp.buf_request_sync(0, method, place, 20000) or {}) do
    if answer.result then
      return answer.result
    end
  end
end

local told = {}
vim.notify = function(message)
  table.insert(told, message)
end
vim.notify_once = vim.notify

vim.cmd("edit " .. vim.env.FIRST)
found.filetype = vim.bo.filetype
found.commentstring = vim.bo.commentstring
found.syntax = vim.b.current_syntax
if vim.env.SECOND then
  found.attached = eventually(function()
    return #clients() == 1
  end)
  eventually(function()
    return #vim.diagnostic.get(0) > 0
  end)
  found.diagnostics = vim.tbl_map(function(each)
    return { code = each.code, line = each.lnum + 1, message = each.message }
  end, vim.diagnostic.get(0))
  found.hover = ask("textDocument/hover", 2, 3)
  vim.cmd("edit " .. vim.env.SECOND)
  vim.wait(1000, function()
    return #clients() > 1
  end, 50)
  found.clients = #clients()
  found.definition = ask("textDocument/definition", 3, 3)
end
found.told = told

local file = assert(io.open(vim.env.ANSWER, "w"))
file:write(vim.fn.json_encode(found))
file:close()
vim.cmd("qa!")
