#!/usr/bin/env bash
# Holds the documents against the repository: every test that they name (`SomethingTests.Some_sentence`, or the sentence alone) exists, and every relative link leads somewhere.
set -uo pipefail
cd "$(dirname "$0")/.."
bad=0 tests=0 links=0
for document in README.md CONTRIBUTING.md CHANGELOG.md docs/*.md; do
    while IFS=. read -r class method; do
        tests=$((tests + 1))
        file=$(find tests -name "$class.cs" -not -path '*/obj/*' | head -n 1)
        if [ -z "$file" ] || ! grep -qE "\b$method\(" "$file"; then echo "$document names a test that does not exist: $class.$method"; bad=$((bad + 1)); fi
    done < <(grep -oE '\b[A-Z][A-Za-z0-9]*Tests\.[A-Z][A-Za-z0-9_]+' "$document" | sort -u)
    # Names of tests without their class, as in docs/reliability.md: sentences of three words or more.
    while read -r method; do
        tests=$((tests + 1))
        if ! grep -rqE "\b$method\(" --include='*Tests.cs' tests; then echo "$document names a test that does not exist: $method"; bad=$((bad + 1)); fi
    done < <(grep -oE '`[A-Z][A-Za-z0-9]*(_[A-Za-z0-9]+){2,}`' "$document" | tr -d '`' | sort -u)
    while read -r link; do
        links=$((links + 1))
        if [ ! -e "$(dirname "$document")/$link" ]; then echo "$document links to $link, which does not exist"; bad=$((bad + 1)); fi
    done < <(grep -oE '\]\([^)# ]+' "$document" | sed 's/^](//' | grep -vE '^[a-z]+:' | sort -u)
done
echo "$tests test names and $links links in the documents, $bad wrong"
[ "$bad" -eq 0 ]
