namespace NJepa.Models.Tests.Runtime;

public sealed class NativeRuntimeDiagnosisTests
{
    private const string Folder = "/app";
    private const string OldLibStdCpp = "/lib/x86_64-linux-gnu/libstdc++.so.6";

    [Theory]
    [InlineData("linux-arm64", "Run the program on one of these; on an arm64 host an emulated linux-x64 container works, slowly.")]
    [InlineData("linux-musl-x64", "Alpine and other musl systems are not supported: use a glibc image such as mcr.microsoft.com/dotnet/runtime:10.0.")]
    [InlineData("osx-x64", "Use a Mac with an Apple processor; if this is one, run the arm64 .NET SDK.")]
    [InlineData("win-arm64", "Build the program for x64 (dotnet publish -r win-x64); 64-bit Windows runs it.")]
    public void A_platform_without_libraries_is_named_with_the_way_out(string platform, string remedy) =>
        ShouldBe(
            Explain(platform, ["libLibTorchSharp.so", "libtorch_cpu.so"], []),
            NativeRuntimeCause.UnsupportedPlatform,
            $"TorchSharp 0.107.0 has no complete set of native libraries for {platform}; there are such for linux-x64, win-x64 and osx-arm64. {remedy}");

    [Theory]
    [InlineData("linux-x64", "libLibTorchSharp.so")]
    [InlineData("win-x64", "LibTorchSharp.dll")]
    [InlineData("osx-arm64", "libLibTorchSharp.dylib")]
    public void A_program_built_for_another_platform_is_told_so(string platform, string library) =>
        ShouldBe(
            Explain(platform, [], Probes()),
            NativeRuntimeCause.TorchSharpLibraryMissing,
            $"TorchSharp's native library {library} was not found in /app. Build the program for this platform (dotnet publish -r {platform}) and copy its whole output folder.");

    [Fact]
    public void A_missing_backend_on_Linux_names_the_command_that_adds_it() =>
        ShouldBe(
            Explain("linux-x64", ["libLibTorchSharp.so"], ["libtorch.so: cannot open shared object file: No such file or directory"]),
            NativeRuntimeCause.BackendMissing,
            "The backend, libtorch 2.10.0, is missing: libtorch.so was not found in /app. " +
            "Add one to the program: dotnet add package TorchSharp-cpu --version 0.107.0, or TorchSharp-cuda-linux for an NVIDIA GPU.");

    [Fact]
    public void A_missing_backend_on_Windows_names_the_command_that_adds_it() =>
        ShouldBe(
            Explain("win-x64", ["LibTorchSharp.dll"], ["Unable to load DLL 'LibTorchSharp' or one of its dependencies: The specified module could not be found. (0x8007007E)"]),
            NativeRuntimeCause.BackendMissing,
            "The backend, libtorch 2.10.0, is missing: torch_cpu.dll was not found in /app. " +
            "Add one to the program: dotnet add package TorchSharp-cpu --version 0.107.0, or TorchSharp-cuda-windows for an NVIDIA GPU.");

    [Fact]
    public void A_missing_backend_on_a_Mac_does_not_speak_of_CUDA() =>
        ShouldBe(
            Explain("osx-arm64", ["libLibTorchSharp.dylib"], ["dlopen(/app/libLibTorchSharp.dylib, 0x0001): Library not loaded: @rpath/libtorch_cpu.dylib"]),
            NativeRuntimeCause.BackendMissing,
            "The backend, libtorch 2.10.0, is missing: libtorch_cpu.dylib was not found in /app. " +
            "Add one to the program: dotnet add package TorchSharp-cpu --version 0.107.0.");

    [Fact]
    public void An_incomplete_backend_names_the_file_that_is_missing() =>
        Explain("linux-x64", ["libLibTorchSharp.so", "libtorch_cpu.so"], ["libgomp-98b21ff3.so.1: cannot open shared object file: No such file or directory"])
            .Message.Should().StartWith("The backend, libtorch 2.10.0, is missing: libgomp-98b21ff3.so.1 was not found in /app. ");

    [Fact]
    public void An_unmarked_library_on_a_system_of_GCC_12_is_told_apart() =>
        ShouldBe(
            Explain("linux-x64", ["libLibTorchSharp.so", "libtorch_cpu.so"], [OldVersion("GLIBCXX_3.4.32")], provides: true),
            NativeRuntimeCause.SystemLibraryTooOld,
            "/app/libLibTorchSharp.so needs GLIBCXX_3.4.32, and /lib/x86_64-linux-gnu/libstdc++.so.6 of this system is older. " +
            "That need can be dropped, and the NJepa.Models package does so when a program is built: build without NJepaPatchNativeRuntime=false, " +
            "do not copy the library from the TorchSharp package over it, or use a system with GCC 13's libstdc++ (Debian 13, Ubuntu 24.04).");

    [Theory]
    [InlineData("GLIBCXX_3.4.30", true)]
    [InlineData("GLIBCXX_3.4.32", false)]
    public void A_libstdcpp_older_than_GCC_12s_names_systems_that_will_do(string version, bool provides) =>
        ShouldBe(
            Explain("linux-x64", ["libLibTorchSharp.so", "libtorch_cpu.so"], [OldVersion(version)], provides),
            NativeRuntimeCause.SystemLibraryTooOld,
            $"/app/libLibTorchSharp.so needs {version}, and /lib/x86_64-linux-gnu/libstdc++.so.6 of this system is older. " +
            "Debian 12, Ubuntu 22.04 and anything newer will do: use such a system, or a container such as mcr.microsoft.com/dotnet/runtime:10.0, " +
            "or put a folder with the libstdc++.so.6 of GCC 12 or later first in LD_LIBRARY_PATH.");

    [Fact]
    public void An_old_C_library_cannot_be_helped_by_a_search_path() =>
        ShouldBe(
            Explain("linux-x64", ["libLibTorchSharp.so", "libtorch_cpu.so"], ["/lib64/libc.so.6: version `GLIBC_2.34' not found (required by /app/libLibTorchSharp.so)"]),
            NativeRuntimeCause.SystemLibraryTooOld,
            "/app/libLibTorchSharp.so needs GLIBC_2.34, and /lib64/libc.so.6 of this system is older. " +
            "Debian 12, Ubuntu 22.04 and anything newer will do: use such a system, or a container such as mcr.microsoft.com/dotnet/runtime:10.0.");

    [Fact]
    public void A_system_without_libstdcpp_is_told_what_to_install() =>
        ShouldBe(
            Explain("linux-x64", ["libLibTorchSharp.so", "libtorch_cpu.so"], ["libstdc++.so.6: cannot open shared object file: No such file or directory"]),
            NativeRuntimeCause.SystemLibraryMissing,
            "The system library libstdc++.so.6, which libLibTorchSharp.so needs, is not installed. " +
            "Install it: apt-get install libstdc++6 libgcc-s1 (Debian, Ubuntu), dnf install libstdc++ libgcc (Fedora, RHEL).");

    [Fact]
    public void A_Windows_without_the_Visual_Cpp_runtime_is_told_what_to_install() =>
        ShouldBe(
            Explain("win-x64", ["LibTorchSharp.dll", "torch_cpu.dll"], ["Unable to load DLL 'LibTorchSharp' or one of its dependencies: The specified module could not be found. (0x8007007E)"]),
            NativeRuntimeCause.SystemLibraryMissing,
            "/app/LibTorchSharp.dll or a library that it uses could not be found by Windows although libtorch is there; " +
            "most often the Visual C++ runtime is missing. Install it from https://aka.ms/vs/17/release/vc_redist.x64.exe.");

    [Fact]
    public void A_damaged_library_is_named() =>
        ShouldBe(
            Explain("linux-x64", ["libLibTorchSharp.so", "libtorch_cpu.so"], ["/app/libLibTorchSharp.so: file too short"]),
            NativeRuntimeCause.UnreadableLibrary,
            "A native library is damaged or made for another platform than linux-x64: /app/libLibTorchSharp.so: file too short. " +
            "Delete the output folder and build again; if that does not help, dotnet nuget locals global-packages --clear and restore.");

    [Fact]
    public void Another_version_of_libtorch_is_recognised() =>
        ShouldBe(
            Explain("linux-x64", ["libLibTorchSharp.so", "libtorch_cpu.so"], ["/app/libLibTorchSharp.so: undefined symbol: _ZN2at4_ops5equal4callE"]),
            NativeRuntimeCause.BackendVersionMismatch,
            "TorchSharp 0.107.0 needs libtorch 2.10.0, and another version was found: /app/libLibTorchSharp.so: undefined symbol: _ZN2at4_ops5equal4callE. " +
            "Reference the backend package of version 0.107.0, and see that no other libtorch lies in the folders /app.");

    [Fact]
    public void Anything_else_passes_on_what_the_system_said() =>
        ShouldBe(
            Explain("linux-x64", ["libLibTorchSharp.so", "libtorch_cpu.so"], ["/app/libtorch_cpu.so: cannot allocate memory in static TLS block"]),
            NativeRuntimeCause.Unknown,
            "libLibTorchSharp.so (/app/libLibTorchSharp.so) could not be loaded: /app/libtorch_cpu.so: cannot allocate memory in static TLS block.");

    [Fact]
    public void Every_message_is_one_line_and_keeps_what_the_system_said()
    {
        NativeRuntimeException exception = Explain("linux-x64", ["libLibTorchSharp.so", "libtorch_cpu.so"], ["one", "two"]);

        exception.Message.Should().NotContain("\n");
        exception.LoaderMessages.Should().Contain("one").And.Contain("two");
    }

    private static string OldVersion(string version) => $"{OldLibStdCpp}: version `{version}' not found (required by /app/libLibTorchSharp.so)";

    /// <summary>What .NET reports on Linux for the spellings of the name that are not there; never the reason.</summary>
    private static string[] Probes() =>
    [
        "Unable to load shared library 'LibTorchSharp' or one of its dependencies. In order to help diagnose loading problems, consider using a tool like strace.",
        "/app/LibTorchSharp.so: cannot open shared object file: No such file or directory",
        "/usr/share/dotnet/shared/Microsoft.NETCore.App/10.0.0/libLibTorchSharp.so: cannot open shared object file: No such file or directory",
        "/app/libLibTorchSharp: cannot open shared object file: No such file or directory",
    ];

    private static NativeRuntimeException Explain(string platform, string[] files, string[] messages, bool? provides = null) =>
        NativeRuntimeDiagnosis.Explain(new NativeSurroundings
        {
            Platform = new NativePlatform(platform),
            Folders = [Folder],
            LoaderMessages = platform.StartsWith("linux", StringComparison.Ordinal) ? [.. Probes(), .. messages] : messages,
            TorchSharpVersion = "0.107.0",
            LibTorchVersion = "2.10.0",
            FileExists = path => files.Any(file => path == Path.Combine(Folder, file)),
            ProvidesVersion = (library, version) =>
            {
                (library, version).Should().Be((OldLibStdCpp, "GLIBCXX_3.4.30"));
                return provides;
            },
        });

    private static void ShouldBe(NativeRuntimeException exception, NativeRuntimeCause cause, string message)
    {
        exception.Message.Replace('\\', '/').Should().Be(message);
        exception.Cause.Should().Be(cause);
    }
}
