"""One run of `policy test`, or one after the other with `--watch`."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from secure_rag.cli.context import Context
from secure_rag.cli.policy_targets import Place, find_place, find_targets
from secure_rag.errors import ExitCode, SecureRagError, UsageError
from secure_rag.workspace import cache_home

if TYPE_CHECKING:
    from secure_rag.policytest.collect import Loaded
    from secure_rag.policytest.mutate import Mutation
    from secure_rag.policytest.outcome import Report
    from secure_rag.policytest.real import Bench
    from secure_rag.policytest.selection import Selection

_POLL_S = 0.4
_Stamps = dict[Path, tuple[int, int]]
_WATCHED = (".yaml", ".yml", ".txt")


@dataclass(frozen=True)
class Options:
    """What the command line says, as it says it."""

    expression: str | None
    tags: tuple[str, ...]
    failed: bool
    watch: bool
    strict: bool
    min_coverage: int | None
    mutate: bool
    min_mutation_score: float | None
    processes: int | None
    output: Path | None


class PolicyTest:
    """Loads, isolates, runs and reports."""

    def __init__(self, context: Context, paths: Sequence[str], options: Options) -> None:
        self._context = context
        self._options = options
        self._place: Place
        self._paths, self._named = _split(paths)
        self._bench: Bench | None = None

    def start(self) -> None:
        """Run once, or until Ctrl-C."""
        self._place = find_place(self._context, self._paths)
        loaded = self._load()
        selection = self._selection(loaded)
        self._check_options(selection)
        cache = _make_cache()
        read = [path.parent for path in loaded.files]
        write = [*([self._options.output.parent] if self._options.output else []), *cache]
        self._context.isolate(read=[*self._place.read, *read], write=write)
        try:
            self._run(loaded, selection)
            if self._options.watch:
                self._watch(loaded)
        finally:
            if self._bench is not None:
                self._bench.close()

    # -- before anything runs ------------------------------------------------------------

    def _load(self) -> Loaded:
        from secure_rag.policytest.collect import load

        return load(find_targets(self._place, self._paths), folders=[self._place.folder])

    def _selection(self, loaded: Loaded) -> Selection:
        from secure_rag.policytest.last_failures import LastFailures
        from secure_rag.policytest.selection import Selection, check_ids, parse_expression

        by_file = {}
        for name, ids in self._named.items():
            for target in find_targets(self._place, [name]):
                for _, case_file in loaded.tested:
                    if target.cases == case_file.path and ids is not None:
                        check_ids(case_file, ids)
                        by_file[case_file.path] = ids
        failed = None
        if self._options.failed:
            last = LastFailures(_cache_folder())
            failed = {case_file.path: last.of(case_file) for _, case_file in loaded.tested}
            if not any(failed.values()):
                self._context.say("nothing failed last time: running all cases")
                failed = None
        expression = self._options.expression
        return Selection(
            parse_expression(expression) if expression is not None else None,
            self._options.tags,
            by_file,
            failed,
        )

    def _check_options(self, selection: Selection) -> None:
        options = self._options
        for is_set, name in (
            (options.min_coverage is not None, "--min-coverage"),
            (options.mutate, "--mutate"),
        ):
            if is_set and selection.is_limiting:
                raise UsageError(
                    f"{name} needs all cases", hint="leave out -k, --tag, --failed and ::ID"
                )
        if options.min_mutation_score is not None and not options.mutate:
            raise UsageError("--min-mutation-score needs --mutate")

    # -- running -------------------------------------------------------------------------

    def _run(self, loaded: Loaded, selection: Selection) -> None:
        from secure_rag.policytest.last_failures import LastFailures
        from secure_rag.policytest.real import Bench
        from secure_rag.policytest.spread import Job, Setup, Spread

        context = self._context
        if self._bench is None:
            self._bench = Bench(
                self._place.workspace, unsafe_no_isolation=context.unsafe_no_isolation
            )
        policies = tuple(policy for policy, _ in loaded.tested)
        self._bench.forget_others(policies)
        jobs = [
            Job(number, case)
            for number, (_, case_file) in enumerate(loaded.tested)
            for case in selection.cases(case_file)
        ]
        if selection.is_limiting and not jobs:
            raise UsageError("no case matches -k, --tag or --failed")
        setup = Setup(
            self._place.workspace, policies, context.unsafe_no_isolation, self._options.processes
        )
        results = Spread(setup, self._bench).run(jobs)
        reports = _group(loaded, jobs, results)
        last = LastFailures(_cache_folder())
        for report in reports:
            last.remember(report)
        mutations: list[Mutation] = []
        if not selection.is_limiting:
            reports = self._measure(loaded, reports)
            mutations = self._mutate(loaded, reports, self._bench)
        self._finish(reports, mutations, loaded, is_filtered=selection.is_limiting)

    def _measure(self, loaded: Loaded, reports: list[Report]) -> list[Report]:
        """Add what the labelled sets of the case files give."""
        if not any(case_file.thresholds for _, case_file in loaded.tested):
            return reports
        from secure_rag.cli.policy_measure import measure

        return [
            replace(report, measured=measure(policy, case_file, self._place.workspace))
            for report, (policy, case_file) in zip(reports, loaded.tested, strict=True)
        ]

    def _mutate(self, loaded: Loaded, reports: list[Report], bench: Bench) -> list[Mutation]:
        if not self._options.mutate:
            return []
        from secure_rag.policytest.mutate import mutate

        return [
            mutate(report, case_file, bench)
            for report, (_, case_file) in zip(reports, loaded.tested, strict=True)
        ]

    # -- after ---------------------------------------------------------------------------

    def _finish(
        self,
        reports: Sequence[Report],
        mutations: Sequence[Mutation],
        loaded: Loaded,
        *,
        is_filtered: bool,
    ) -> None:
        """Print and write the reports, and set the exit code."""
        from secure_rag.policytest.outcome import total
        from secure_rag.policytest.report import to_json, to_text

        context, options = self._context, self._options
        untested = [str(path) for path in loaded.untested]
        value = {**to_json(reports, strict=options.strict), "untested": untested}
        text = to_text(
            reports, strict=options.strict, verbose=context.verbose > 0, filtered=is_filtered
        )
        if mutations:
            from secure_rag.policytest.mutate_report import mutation_text, mutations_json

            value["mutation"] = mutations_json(mutations)
            text = f"{text}\n{mutation_text(mutations, verbose=context.verbose > 0)}"
        unmet = self._unmet(reports, mutations, untested)
        context.result(value, schema="policy-test", text=text)
        if options.output is not None:
            _write(options.output, self._rendered(options.output, reports, value, unmet))
        for words in unmet:
            context.warn(words)
        totals = total(reports)
        is_ok = not (unmet or value["failures"] or totals.thresholds > totals.thresholds_met)
        context.exit_code = ExitCode.OK if is_ok else ExitCode.CHECK_FAILED

    def _unmet(
        self, reports: Sequence[Report], mutations: Sequence[Mutation], untested: Sequence[str]
    ) -> list[str]:
        """Return what is demanded of a run beside its cases, and is not so."""
        from secure_rag.policytest.outcome import total

        unmet = [
            f"{one} has no cases: write {Path(one).stem}.test.yaml beside it" for one in untested
        ]
        least, score = self._options.min_coverage, self._options.min_mutation_score
        reached = total(reports).percent_covered
        if least is not None and reached < least:
            unmet.append(f"{reached:.0f} % of the rules are covered, {least:.0f} % are demanded")
        unmet += [
            f"mutation score of {one.policy} is {one.score:.2f}, {score:.2f} is demanded"
            for one in mutations
            if score is not None and one.score < score
        ]
        return unmet

    def _rendered(
        self,
        output: Path,
        reports: Sequence[Report],
        value: dict[str, Any],
        unmet: Sequence[str],
    ) -> str:
        strict = self._options.strict
        if output.suffix == ".xml":
            from secure_rag.policytest.junit import to_junit

            return to_junit(reports, strict=strict, unmet=unmet)
        if output.suffix == ".html":
            from secure_rag.policytest.html import to_html

            return to_html(reports, strict=strict, unmet=unmet)
        document = {"schema": "secure-rag/policy-test/1", **value}
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"

    # -- watching ------------------------------------------------------------------------

    def _watch(self, loaded: Loaded) -> None:
        """Run again after every change; Ctrl-C ends with the exit code of the last result."""
        try:
            seen = _stamps(loaded.files)
            while True:
                self._context.say("watching: Ctrl-C ends")
                seen = _changed(loaded.files, seen)
                try:
                    loaded = self._load()
                    self._run(loaded, self._selection(loaded))
                except SecureRagError as error:
                    self._report(error)
        except KeyboardInterrupt:
            self._context.say("")

    def _report(self, error: SecureRagError) -> None:
        """Show a mistake that the next change may mend."""
        self._context.exit_code = error.exit_code
        click.echo(f"secure-rag: error: {error.message}", err=True)
        if error.hint:
            click.echo(f"secure-rag: hint: {error.hint}", err=True)


def _split(paths: Sequence[str]) -> tuple[list[str], dict[str, frozenset[str] | None]]:
    """Return the paths without case ids, and the ids by path; None is all cases of it."""
    from secure_rag.policytest.selection import split_node

    named: dict[str, frozenset[str] | None] = {}
    for given in paths:
        path, id_ = split_node(given)
        before = named.get(path, frozenset())
        named[path] = None if id_ is None or before is None else before | {id_}
    return list(named), named


def _group(loaded: Loaded, jobs: Sequence[Any], results: Sequence[Any]) -> list[Report]:
    from secure_rag.policytest.outcome import Report

    return [
        Report(
            policy,
            case_file.policy,
            case_file.path,
            tuple(
                result for job, result in zip(jobs, results, strict=True) if job.policy == number
            ),
        )
        for number, (policy, case_file) in enumerate(loaded.tested)
    ]


def _cache_folder() -> Path:
    return cache_home() / "policy-test"


def _make_cache() -> list[Path]:
    """Make the folder that remembers failures; without one, nothing is remembered."""
    try:
        _cache_folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return []
    return [_cache_folder()]


def _changed(files: Sequence[Path], seen: _Stamps) -> _Stamps:
    """Wait until something is different, and then until nothing moves: editors write in steps."""
    now = seen
    while now == seen:
        time.sleep(_POLL_S)
        now = _stamps(files)
    while True:
        time.sleep(_POLL_S / 2)
        later = _stamps(files)
        if later == now:
            return now
        now = later


def _stamps(files: Sequence[Path]) -> _Stamps:
    """Return size and time of the given files, and of policies and lists beside them.

    Nothing else: a report or log that is written there would start the next run.
    """
    folders = {path.parent for path in files if path.parent.is_dir()}
    beside = {path for one in folders for path in one.iterdir() if path.suffix in _WATCHED}
    stamps: _Stamps = {}
    for path in beside.union(files):
        try:
            found = path.stat()
        except OSError:
            continue  # gone between listing and looking: that is a change too
        stamps[path] = (found.st_mtime_ns, found.st_size)
    return stamps


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
