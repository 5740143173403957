"""S3 decides a conditional write and writes in one step; moto lets other threads in between. Here one write goes on at a time."""
import threading

from moto.s3.responses import S3Response

lock = threading.RLock()


def alone(method):
    def work(*args, **kwargs):
        with lock:
            return method(*args, **kwargs)

    return work


S3Response.put_object = alone(S3Response.put_object)
S3Response.delete_object = alone(S3Response.delete_object)
