"""moto's server, with the promises of S3 that Lastgood leans on and moto 5.2.5 does not keep.

Writes one line of JSON when it answers: {"port": 12345}. Ends when its standard input does, so that it never outlives
the process that started it.
"""

import base64
import hashlib
import json
import os
import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.s3.exceptions import MissingKey, S3ClientError
from moto.s3.responses import S3Response
from werkzeug.serving import make_server

one_at_a_time = threading.RLock()


# moto looks whether an object exists and writes it in two steps, and lists dictionaries that others are changing.
# S3 decides a conditional write in one: "if multiple conditional writes occur for the same object name, the first write
# operation to finish succeeds" and it is "strongly consistent" for listings.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
def serialise(name):
    answer = getattr(S3Response, name)

    def locked(self, *args, **kwargs):
        with one_at_a_time:
            return answer(self, *args, **kwargs)

    setattr(S3Response, name, locked)


for name in ("bucket_response", "key_response"):
    serialise(name)


class BadDigest(S3ClientError):
    code = "BadDigest"

    def __init__(self):
        super().__init__("The SHA256 you specified did not match the calculated checksum.")


# moto keeps the checksum it is given. S3 "rejects the request" if its own differs.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
put_object = S3Response.put_object


def put_what_was_meant(self):
    given = self.headers.get("x-amz-checksum-sha256")
    if given and base64.b64encode(hashlib.sha256(self.raw_body).digest()).decode() != given:
        raise BadDigest()
    return put_object(self)


S3Response.put_object = put_what_was_meant

# moto compares the asterisk of If-Match with the ETag. In S3 it asks whether there is an object: "the operation will only
# succeed with a 204 No Content if the object exists"; if not, "S3 rejects the request and returns a Not Found".
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
delete_object = S3Response.delete_object


def delete_what_exists(self):
    if self.headers.get("If-Match") == "*":
        key = self.parse_key_name()
        if self.backend.get_object(self.bucket_name, key) is None:
            raise MissingKey(key=key)
        self.headers = {name: value for name, value in self.headers.items() if name.lower() != "if-match"}
    return delete_object(self)


S3Response.delete_object = delete_what_exists

# moto answers GetObjectRetention with the object.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectRetention.html
answer_get = S3Response._key_response_get
RETENTION = "<Retention><Mode>{}</Mode><RetainUntilDate>{}</RetainUntilDate></Retention>"

NO_RETENTION = "<Error><Code>NoSuchObjectLockConfiguration</Code><Message>It has no date.</Message></Error>"


def get_with_retention(self, query, key_name):
    if "retention" not in query:
        return answer_get(self, query, key_name)
    key, _ = self._get_key()
    headers = {"content-type": "application/xml"}
    if not key.lock_until:
        return 404, headers, NO_RETENTION
    return 200, headers, RETENTION.format(key.lock_mode, key.lock_until)


S3Response._key_response_get = get_with_retention

# Beside the sources no bytecode is kept; moto's own is, or its services would be compiled anew for every test file.
sys.path.insert(0, os.path.dirname(__file__))
sys.dont_write_bytecode = True
import emulator_cloudformation  # noqa: E402, F401
import emulator_kms  # noqa: E402, F401

sys.dont_write_bytecode = False


def end_with_parent():
    sys.stdin.buffer.read()
    os._exit(0)


server = make_server(
    "127.0.0.1",
    0,
    DomainDispatcherApplication(create_backend_app),
    threaded=True,
    request_handler=MotoRequestHandler,
)
os.environ["MOTO_PORT"] = str(server.port)
threading.Thread(target=end_with_parent, daemon=True).start()
print(json.dumps({"port": server.port}), flush=True)
server.serve_forever()
