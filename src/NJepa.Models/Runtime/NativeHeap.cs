using System.Runtime.InteropServices;

namespace NJepa.Models;

/// <summary>The C library's heap, where libtorch's tensors lie on a processor.</summary>
internal static class NativeHeap
{
    private static volatile bool _cannotTrim = !OperatingSystem.IsLinux();

    /// <summary>
    /// Gives pages without anything in them back to the system. Sequences change their lengths from step to step, and holes of all sizes stay behind, up to the largest step's.
    /// </summary>
    public static void Trim()
    {
        if (_cannotTrim)
        {
            return;
        }

        try
        {
            _ = MallocTrim(0);
        }
        catch (Exception exception) when (exception is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another C library than glibc.
            _cannotTrim = true;
        }
    }

    [DllImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MallocTrim(nuint padding);
}
