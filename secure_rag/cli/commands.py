"""All commands, in the order of the help page. Importing this is light (click only)."""

from __future__ import annotations

import click

from secure_rag.cli.access import access
from secure_rag.cli.adapter import adapter
from secure_rag.cli.ask import ask, search
from secure_rag.cli.audit import audit
from secure_rag.cli.backup import backup
from secure_rag.cli.chat import chat
from secure_rag.cli.completion import completion
from secure_rag.cli.demo import demo
from secure_rag.cli.doctor import doctor
from secure_rag.cli.eval import evaluation
from secure_rag.cli.eval_answers import answers
from secure_rag.cli.eval_compare import compare
from secure_rag.cli.index import index
from secure_rag.cli.models import models
from secure_rag.cli.policy import policy
from secure_rag.cli.redact import redact
from secure_rag.cli.restore import restore
from secure_rag.cli.reveal import reveal
from secure_rag.cli.start import init
from secure_rag.cli.subject import subject
from secure_rag.cli.vault import vault

evaluation.add_command(answers)
evaluation.add_command(compare)

COMMANDS: dict[str, click.Command] = {
    "init": init,
    "doctor": doctor,
    "demo": demo,
    "ask": ask,
    "chat": chat,
    "search": search,
    "redact": redact,
    "reveal": reveal,
    "index": index,
    "subject": subject,
    "vault": vault,
    "backup": backup,
    "restore": restore,
    "access": access,
    "policy": policy,
    "audit": audit,
    "models": models,
    "adapter": adapter,
    "eval": evaluation,
    "completion": completion,
}
