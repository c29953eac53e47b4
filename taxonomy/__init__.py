"""What a corpus is made of: the categories of Tables 1 and 2, and the use cases of Table 3."""
