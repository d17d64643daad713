"""Signatures are those of AWS's own documents; whatever is signed changes them."""

from hypothesis import given
from hypothesis import strategies as st

from security.aws_signature import Key, aws_signed

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
S3 = Key("AKIAIOSFODNN7EXAMPLE", SECRET, "us-east-1", "s3")
HEADERS = {
    "host": "examplebucket.s3.amazonaws.com",
    "date": "Fri, 24 May 2013 00:00:00 GMT",
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
}
ASKED = ("PUT", "/test%24file.text", HEADERS, b"Welcome to Amazon S3.", 1_369_353_600)


def signature(key=S3, asked=ASKED):
    return aws_signed(key, *asked)["authorization"].rpartition("Signature=")[2]


def test_an_example_of_aws_comes_out_as_there():
    """Source: Amazon S3, Signature calculations, example PUT Object."""
    signed = aws_signed(S3, *ASKED)
    assert signed["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, "
        "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    )
    assert signed.items() >= HEADERS.items()


def test_the_token_of_a_temporary_key_is_shown_and_signed():
    key = S3._replace(session="FwoGZXIvYXdzE/+=")
    signed = aws_signed(key, *ASKED)
    assert signed["x-amz-security-token"] == "FwoGZXIvYXdzE/+="
    assert ";x-amz-security-token, " in signed["authorization"].replace(";x-amz-storage-class", "")
    assert len({signature(), signature(key), signature(key._replace(session="another"))}) == 3


@given(st.binary(max_size=50), st.text(max_size=20), st.integers(1, 10**9))
def test_every_part_counts_and_the_secret_stands_nowhere(body, word, later):
    method, path, headers, before, time = ASKED
    others = {
        signature(S3._replace(secret=SECRET + "a")),
        signature(S3._replace(region="eu-west-1")),
        signature(S3._replace(service="sqs")),
        signature(asked=("POST", *ASKED[1:])),
        signature(asked=(method, path + "a", headers, before, time)),
        signature(asked=(method, path, {**headers, "x-amz-target": f"a{word}"}, before, time)),
        signature(asked=(method, path, headers, before + body + b"!", time)),
        signature(asked=(method, path, headers, before, time + later)),
        signature(),
    }
    assert len(others) == 9
    assert SECRET not in str(aws_signed(S3, *ASKED))
