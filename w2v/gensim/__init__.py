"""The names of gensim over what w2v does."""
