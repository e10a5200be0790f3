"""Steps about signatures: published vectors, and what nobody else may sign."""

from behave import given, then

from marketplace.security.keys import Signer
from support.market.laws.model_laws import check_flipped_bits
from support.market.laws.vectors import public_key, unescape, verdict


@given("the signing key of the seed {seed}")
def step_seed(context, seed):
    context.signer = Signer.from_seed("vector", bytes.fromhex(seed))


@given("the message in hexadecimal")
def step_message(context):
    context.message = bytes.fromhex("".join(context.text.split()))


@then("its public key is {public}")
def step_public(context, public):
    assert context.signer.public == public_key(public), context.signer.public


@then("it signs the message {message} as {signature}")
def step_signs(context, message, signature):
    assert context.signer.sign(bytes.fromhex(unescape(message))) == signature


@then("it signs that message as {signature}")
def step_signs_that(context, signature):
    assert context.signer.sign(context.message) == signature
    assert verdict(context.signer.public, signature, context.message) == "accepted"


@then('the signature {signature} of the key {key} over the message {message} is "{expected}"')
def step_verdict(context, signature, key, message, expected):
    found = verdict(public_key(key), unescape(signature), bytes.fromhex(unescape(message)))
    assert found == expected, found


@then('the signature {signature} of the key written "{key}" over nothing is "{expected}"')
def step_key_spelling(context, signature, key, expected):
    found = verdict(unescape(key), signature, b"")
    assert found == expected, found


@then('the signature written "{signature}" of the key {key} over nothing is "{expected}"')
def step_signature_spelling(context, signature, key, expected):
    found = verdict(public_key(key), unescape(signature), b"")
    assert found == expected, found


@then("for any key and message a flipped bit of the {part} is refused")
def step_flipped(context, part):
    check_flipped_bits(part)
