using System.Diagnostics;

namespace NJepa.Interop.Tests;

/// <summary>A test that asks PyTorch itself; skipped where there is no Python with it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonFactAttribute : FactAttribute
{
    private static readonly string[] Candidates = ["python3", "/usr/bin/python3"];
    private static readonly Lazy<string?> Found = new(Find);

    public PythonFactAttribute()
    {
        if (Found.Value is null)
        {
            Skip = "there is no python3 with PyTorch (on Debian: apt install python3-torch)";
        }
    }

    /// <summary>The Python, or null.</summary>
    public static string? Executable => Found.Value;

    private static string? Find() => Candidates.FirstOrDefault(HasTorch);

    private static bool HasTorch(string executable)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(executable, ["-c", "import torch, numpy"]) { RedirectStandardOutput = true, RedirectStandardError = true });
            process!.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
