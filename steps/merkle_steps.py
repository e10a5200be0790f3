"""Steps about the Merkle tree of the log."""

from behave import then

from marketplace.index import merkle
from support.market.laws import merkle_laws


@then("the first {size:d} known leaves have the root {root}")
def step_known_root(context, size, root):
    leaves = [merkle.leaf_hash(leaf) for leaf in merkle_laws.KNOWN_LEAVES[:size]]
    assert merkle.root(leaves).hex() == root, merkle.root(leaves).hex()


@then("for every size to {most:d} the root and the grown peaks are those of the recursive definition")
def step_roots(context, most):
    merkle_laws.check_roots(most)


@then("for every size to {most:d} each leaf's inclusion proof holds, and fails for another leaf, place or root")
def step_inclusion(context, most):
    merkle_laws.check_inclusion(most)


@then(
    "for every two sizes to {most:d} the consistency proof holds, and fails for a log that forgot or changed an entry"
)
def step_consistency(context, most):
    merkle_laws.check_consistency(most)
