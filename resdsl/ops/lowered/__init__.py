"""What graphs for inference are made of besides operators of the language: no `.res` text can call them.

Their modules and functions stand in the generated file: `resdsl.backends.torch.support` has their text.
"""
