"""The command line: parser, commands, terminal.

Takes words; gives text, files and an exit status.  Each module of `derive.cli.commands` is a command.
"""
