"""Lists of URLs to local tars of images, before ingest, as a good citizen of the web.

settings, outcomes      what is allowed; what may become of a URL
addresses, opt_out,     who must not be asked, or asks to be left alone
robots, reservations
hosts, wire, client,    how a host is asked, its connections, one request,
fetcher                 one URL with its retries and redirects
decode                  the child process that looks at what came
lists, same             URLs cut into shards; those that stand in several
spool, shard            a shard's journal; a shard fetched and published
stage, report, command  the Beam pipeline, what it came to, the command line
"""
