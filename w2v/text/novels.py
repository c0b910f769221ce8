"""A corpus that comes with w2v: the six novels of Jane Austen, in `austen.txt.bz2`.

*Sense and Sensibility*, *Pride and Prejudice*, *Mansfield Park*, *Emma*, *Northanger Abbey* and
*Persuasion*, published from 1811 to 1817. Jane Austen died in 1817: the novels are in the public
domain everywhere, and so is this file. The wording is that of the transcriptions in janeaustenr
1.0.0, a package for R, without anything that is not the novels'.

It is prepared: 33,801 sentences, one a line, of 721,334 words, 14,442 different ones. Words are
runs of letters, joined by an apostrophe or a hyphen within (`don't`, `drawing-room`), in lower
case, without `'s` at the end. A sentence ends at `.`, `!` or `?`, but for `Mr.` and its like, and
at the end of a paragraph. Sentences of one word and the headings of chapters are left out.
"""

from pathlib import Path

AUSTEN = str(Path(__file__).with_name("austen.txt.bz2"))
