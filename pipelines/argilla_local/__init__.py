"""A whole Argilla (server, web pages, database) on this machine, without Docker, Elasticsearch or Redis.

It is for one laptop, and for a small team that reaches it over an SSH tunnel (`ssh -L 6900:127.0.0.1:6900 HOST`): it
listens on the loopback interface only and keeps everything in one folder. More than a handful of people at once, a
network between them, backups, or more than some ten thousand records call for a real deployment (a Hugging Face Space,
Docker, Kubernetes), named by `ARGILLA_API_URL` and `ARGILLA_API_KEY`.

`launch` makes the server's own environment, since its dependencies don't go together with the pipelines'; every other
module here runs in that environment and is started by `launch`.
"""
