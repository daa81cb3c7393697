"""What KMS promises and moto 5.2.5 does not keep, as far as Lastgood leans on it."""

import base64
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from moto.core.exceptions import JsonRESTError
from moto.kms import utils
from moto.kms.exceptions import AccessDeniedException, InvalidCiphertextException
from moto.kms.models import KmsBackend
from moto.kms.responses import KmsResponse


class Refused(JsonRESTError):
    code = 400


# moto joins the names and values of a context, so that {"a": "bc"} opens what {"ab": "c"} sealed. KMS wants "an exact,
# case-sensitive match", of pairs.
# https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
def context_of_pairs(encryption_context):
    texts = [text for pair in sorted(encryption_context.items()) for text in pair]
    return b"".join(len(text.encode()).to_bytes(4, "big") + text.encode() for text in texts)


utils._serialize_encryption_context = context_of_pairs


# moto uses keys in any state. In KMS "DisabledException: <key ARN> is disabled" and "KMSInvalidStateException: <key ARN> is
# pending deletion (or pending replica deletion)" answer cryptographic operations.
# https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
def usable(backend, key_id):
    key = backend.keys.get(backend.any_id_to_key_id(key_id))
    if key is None:
        raise Refused("NotFoundException", f"Key '{key_id}' does not exist")
    if key.key_state == "Disabled":
        raise Refused("DisabledException", f"{key.arn} is disabled.")
    if key.key_state == "PendingDeletion":
        raise Refused("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    return key


generate_data_key = KmsBackend.generate_data_key


def generate_with_usable_key(self, key_id, *args, **kwargs):
    if usable(self, key_id).key_spec != "SYMMETRIC_DEFAULT":
        raise Refused("InvalidKeyUsageException", f"{key_id} key usage is not valid for GenerateDataKey.")
    return generate_data_key(self, key_id, *args, **kwargs)


KmsBackend.generate_data_key = generate_with_usable_key

# moto says AccessDeniedException for a ciphertext of another key, and for one whose first bytes were changed. KMS has
# IncorrectKeyException for the one and InvalidCiphertextException for the other.
# https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#API_Decrypt_Errors
decrypt = KmsBackend.decrypt


def decrypt_with_named_key(self, ciphertext_blob, encryption_context, key_id=None):
    if key_id is None:
        return decrypt(self, ciphertext_blob, encryption_context)
    named = usable(self, key_id)
    try:
        plaintext, arn = decrypt(self, ciphertext_blob, encryption_context)
    except AccessDeniedException:
        raise InvalidCiphertextException()
    if arn != named.arn:
        raise Refused("IncorrectKeyException", "The key ID in the request does not identify the key of the ciphertext.")
    return plaintext, arn


KmsBackend.decrypt = decrypt_with_named_key

# moto hashes a digest once more. KMS signs it as it is: "If the message type is DIGEST, the signature is over the digest".
# https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html#KMS-Sign-request-MessageType
sign = KmsResponse.sign


def sign_digest_as_it_is(self):
    key = usable(self.kms_backend, self._get_param("KeyId"))
    if self._get_param("MessageType") != "DIGEST" or key.key_spec != "ECC_NIST_P256":
        return sign(self)
    digest = self._get_param("Message")
    if len(digest) != 32:
        raise Refused("ValidationException", "Digest is invalid length for algorithm ECDSA_SHA_256.")
    signature = key.private_key.private_key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    encoded = base64.b64encode(signature).decode()
    return json.dumps({"KeyId": key.arn, "Signature": encoded, "SigningAlgorithm": "ECDSA_SHA_256"})


KmsResponse.sign = sign_digest_as_it_is
