"""``python -m w2v``"""

from w2v.cli import main

main(prog_name="w2v")
