"""The names of gensim 4, over this trainer and these searches."""
