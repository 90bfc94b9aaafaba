"""Debian's `aws`, asked line by line: each command is a fork of a process that has loaded it already.

A line of standard input is a JSON array of arguments; the answer is a line with code, stdout and stderr.
"""
import json
import os
import sys
import tempfile

import awscli.clidriver


def command(arguments, stdout, stderr):
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(stdout.fileno(), 1)
    os.dup2(stderr.fileno(), 2)
    sys.argv = ['aws', *arguments]
    try:
        code = awscli.clidriver.main()
    except SystemExit as ended:
        code = ended.code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


def text(file):
    file.seek(0)
    return file.read().decode()


for line in sys.stdin:
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        child = os.fork()
        if child == 0:
            command(json.loads(line), stdout, stderr)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        print(json.dumps({'code': code, 'stdout': text(stdout), 'stderr': text(stderr)}), flush=True)
