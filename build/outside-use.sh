#!/usr/bin/env bash
# Uses the packages as somebody outside this repository would: packs everything, makes a console project elsewhere that knows the packages alone,
# compiles every ```csharp snippet of README.md and docs/*.md in it, runs build/outside-use/Program.cs, and takes away what such a program
# needs to see that it says so. Needs the .NET SDK and nothing else.
#
#   build/outside-use.sh [--keep]        --keep leaves the project for a look
#
# OUTSIDE_BACKEND: the backend package (default TorchSharp-cpu, as the README says).
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
backend=${OUTSIDE_BACKEND:-TorchSharp-cpu}
packages=$root/artifacts/packages
expected="NJepa.Data NJepa.Evaluation NJepa.Interop NJepa.Masking NJepa.Models NJepa.Noise NJepa.Onnx NJepa.Training"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

work=$(mktemp -d "${TMPDIR:-/tmp}/njepa-outside.XXXXXX")
cache=$(dotnet nuget locals global-packages --list | sed -n 's/^global-packages: //p')
cache=${cache%/}
# A version of its own for each run: NuGet would take an older package of the same version from its cache.
version=$(sed -n 's:.*<VersionPrefix>\(.*\)</VersionPrefix>.*:\1:p' "$root/Directory.Build.props")-outside.$(date -u +%Y%m%d%H%M%S).$$
torchsharp=$(sed -n 's:.*Include="TorchSharp" Version="\([^"]*\)".*:\1:p' "$root/Directory.Packages.props")
backend_version=$(sed -n "s:.*Include=\"$backend\" Version=\"\\([^\"]*\\)\".*:\\1:p" "$root/Directory.Packages.props")
backend_version=${backend_version:-$torchsharp}

cleanup() {
    local status=$?
    for id in $expected; do
        rm -rf "${cache:?}/${id,,}/$version"
        rmdir --ignore-fail-on-non-empty "$cache/${id,,}" 2>/dev/null || true
    done
    if [ "${1:-}" = --keep ]; then echo "kept: $work"; else rm -rf "$work"; fi
    exit "$status"
}
trap 'cleanup "${1:-}"' EXIT

say() { printf '\n== %s\n' "$*"; }
die() { printf 'outside-use: %s\n' "$*" >&2; exit 1; }

say "pack $version"
rm -rf "$packages"
dotnet pack "$root/NJepa.Core.sln" -c Release -o "$packages" -p:PackageVersion="$version" -v:quiet
for id in $expected; do
    package=$packages/$id.$version.nupkg
    [ -f "$package" ] || die "$id was not packed"
    # A zip names its files in plain text.
    for file in README.md LICENSE "lib/net10.0/$id.dll" "lib/net10.0/$id.xml"; do
        LC_ALL=C grep -aqF "$file" "$package" || die "$file is not in $id.nupkg"
    done
    LC_ALL=C grep -aqF "lib/net10.0/$id.pdb" "$packages/$id.$version.snupkg" || die "no symbols in $id.snupkg"
    printf '%8d bytes  %s, symbols %d bytes\n' "$(stat -c %s "$package")" "$id" "$(stat -c %s "$packages/$id.$version.snupkg")"
done
[ "$(find "$packages" -name '*.nupkg' | wc -l)" -eq 8 ] || die "not eight packages: $(ls "$packages")"

say "an outside project on $backend $backend_version"
cat > "$work/nuget.config" <<XML
<configuration>
  <packageSources>
    <add key="njepa-just-packed" value="$packages" />
  </packageSources>
</configuration>
XML
cat > "$work/Outside.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
    <ImplicitUsings>enable</ImplicitUsings>
    <NoWarn>\$(NoWarn);CS0168;CS0219;CS0162;CS1998;CS8321;NU1603</NoWarn>
    <CreateHardLinksForCopyLocalIfPossible>true</CreateHardLinksForCopyLocalIfPossible>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="NJepa.Training" Version="$version" />
    <PackageReference Include="NJepa.Evaluation" Version="$version" />
    <PackageReference Include="NJepa.Interop" Version="$version" />
    <PackageReference Include="NJepa.Onnx" Version="$version" />
    <PackageReference Include="$backend" Version="$backend_version" />
  </ItemGroup>
</Project>
XML
cp "$root"/build/outside-use/*.cs "$work/"
mkdir "$work/snippets"
for document in README.md $(cd "$root" && find docs -maxdepth 1 -name '*.md' 2>/dev/null | sort); do
    printf '%s: ' "$document"
    awk -v document="$document" -v folder="$work/snippets" -f "$root/build/outside-use/snippets.awk" "$root/$document"
done

cd "$work"
dotnet restore -v:quiet
library=$cache/torchsharp/$torchsharp/runtimes/linux-x64/native/libLibTorchSharp.so
before=$(sha256sum "$library")
dotnet build -c Release --no-restore -v:minimal -warnaserror

say "run"
program=$work/bin/Release/net10.0
dotnet "$program/Outside.dll"
[ "$(sha256sum "$library")" = "$before" ] || die "the NuGet cache was changed: $library"
[ ! -e "$program/cpu" ] || die "TorchSharp copied libraries into $program/cpu"

# Takes a copy of the program (hard links), changes it, and wants it to fail with a certain cause.
must_fail() {
    local cause=$1 change=$2 code=0 said; shift 2
    rm -rf "$work/broken"
    cp -rl "$program" "$work/broken"
    (cd "$work/broken" && eval "$change")
    said=$(dotnet "$work/broken/Outside.dll" "$@" 2>&1) || code=$?
    [ ! -e "$work/broken/cpu" ] || die "TorchSharp copied libraries before the cause was found"
    printf '%s\n' "$said"
    case $code in 3 | 4) ;; *) die "exit code $code where the program should have refused with $cause" ;; esac
    case $said in *"$cause: "*) ;; *) die "the program did not say $cause" ;; esac
}

say "without a backend"
# A system that has a libtorch of its own under the name without a version, as Debian's libtorch-dev brings it, offers that one, and it does not fit.
case $(ldconfig -p 2>/dev/null || true) in *"libtorch_cpu.so "*) missing=BackendVersionMismatch ;; *) missing=BackendMissing ;; esac
must_fail $missing 'rm runtimes/linux-x64/native/libtorch_cpu.so'
say "without TorchSharp's library"
must_fail TorchSharpLibraryMissing 'rm runtimes/linux-x64/native/libLibTorchSharp.so'
say "with a damaged library"
must_fail UnreadableLibrary 'rm runtimes/linux-x64/native/libLibTorchSharp.so; printf x > runtimes/linux-x64/native/libLibTorchSharp.so'
say "CUDA without CUDA"
must_fail CudaBackendMissing : --device cuda
libstdcpp=$(ldconfig -p 2>/dev/null | sed -n 's/.*libstdc++\.so\.6 (libc6,x86-64) => //p' | head -n 1 || true)
libstdcpp=${libstdcpp:-/usr/lib/x86_64-linux-gnu/libstdc++.so.6}
if LC_ALL=C grep -aqF GLIBCXX_3.4.32 "$libstdcpp"; then
    say "the package's own library loads on this system; nothing to see with the patch switched off"
else
    say "with the patch switched off"
    dotnet build -c Release --no-restore -v:quiet -p:NJepaPatchNativeRuntime=false -p:OutDir="$work/unpatched/"
    cmp "$library" "$work/unpatched/runtimes/linux-x64/native/libLibTorchSharp.so" || die "NJepaPatchNativeRuntime=false changed the library"
    program=$work/unpatched
    must_fail SystemLibraryTooOld :
    say "with the patch switched on again"
    dotnet build -c Release --no-restore -v:quiet -p:OutDir="$work/unpatched/"
    dotnet "$program/Outside.dll"
fi

say "outside use works"
