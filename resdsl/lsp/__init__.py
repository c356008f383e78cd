"""The language server: `resdsl lsp`.

`server` alone knows pygls, `convert` alone the protocol's types. `documents` holds the open texts and what is known of
them, `worker` checks them in the background. Each capability is a file of pure functions over a `Snapshot`.
"""
