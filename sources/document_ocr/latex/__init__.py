"""The rooms behind `arxiv`: from the source of a paper to its pages, each with its text.

In the order in which a paper walks through them: `unpack`, `preflight`, `compile` (in a `sandbox`,
read back by `log`), `rewrap` and `synctex` (which page holds which source word), `flatten` (one
file whose words carry their pages, in terms that the converter knows: `plainer`), `convert`,
`tree`, `split` (with `citations`), then page by page `printed`, `leads`, `front` and
`bibliography` (what only the page knows), `write`, `score` (with `captions`).
"""
