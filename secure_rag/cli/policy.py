"""The commands of `policy`, in the order of help."""

from __future__ import annotations

import click

from secure_rag.cli.options import Group
from secure_rag.cli.policy_capture import capture
from secure_rag.cli.policy_check import check
from secure_rag.cli.policy_diff import diff
from secure_rag.cli.policy_entities import entities
from secure_rag.cli.policy_explain import explain
from secure_rag.cli.policy_test import test


@click.group("policy", cls=Group)
def policy() -> None:
    """Check and test redaction policies.

    \b
    Example:  secure-rag policy check policies/
              secure-rag policy test policies/default.yaml -k phone
              secure-rag policy test --strict --min-coverage 100 -o report.xml
    """


policy.add_command(check)
policy.add_command(test)
policy.add_command(explain)
policy.add_command(diff)
policy.add_command(capture)
policy.add_command(entities)
