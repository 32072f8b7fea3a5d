# An asyncssh server with files. Arguments: host key, authorized_keys. Prints its port, and serves until it is ended.
from asyncssh_serving import serve

serve(sftp_factory=True)
