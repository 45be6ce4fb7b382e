#!/usr/bin/env bash
# Says how much disk the build outputs of this repository take beside the NuGet cache, and fails above a limit in MB (default 300).
# Output files that are hard links to the cache take none; a file with several names here counts once.
set -euo pipefail

limit=${1:-300}
root=$(cd "$(dirname "$0")/.." && pwd)
cache=$(dotnet nuget locals global-packages --list | sed -n 's/^global-packages: //p')
if [ "$(stat -c %d "$root")" != "$(stat -c %d "$cache")" ]; then
    echo "disk use: not checked, the NuGet cache is on another file system and cannot be linked to"
    exit 77
fi

{
    find "$cache" -type f -links +1 -printf 'cache %i 0\n'
    find "$root" -path "$root/.git" -prune -o -type f \( -path '*/bin/*' -o -path '*/obj/*' -o -path '*/artifacts/*' -o -path '*/TestResults/*' \) -printf 'output %i %b\n'
} | awk -v limit="$limit" '
    $1 == "cache" { cached[$2] = 1; next }
    $2 in cached { linked++; next }
    !($2 in seen) { seen[$2] = 1; blocks += $3; files++ }
    END {
        megabytes = blocks * 512 / 1e6
        printf "disk use: %.1f MB in %d files of build output (limit %d MB); %d more are links to the NuGet cache\n", megabytes, files, limit, linked
        exit megabytes > limit
    }'
