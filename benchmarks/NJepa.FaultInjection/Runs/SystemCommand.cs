using System.ComponentModel;
using System.Diagnostics;

namespace NJepa.FaultInjection.Runs;

/// <summary>Finds out what the system permits by trying it.</summary>
internal static class SystemCommand
{
    /// <summary>Whether a command is there and ends with 0.</summary>
    public static bool Works(params IReadOnlyList<string> command)
    {
        if (OperatingSystem.IsWindows())
        {
            return false;
        }

        try
        {
            using Process process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Whether this process ignores a signal, as background jobs of shells do with SIGINT; its children inherit that.</summary>
    public static bool Ignores(int signal)
    {
        const string Status = "/proc/self/status", Ignored = "SigIgn:";
        string? line = File.Exists(Status) ? File.ReadLines(Status).FirstOrDefault(line => line.StartsWith(Ignored, StringComparison.Ordinal)) : null;
        return line is not null && (Convert.ToUInt64(line[Ignored.Length..].Trim(), 16) >> (signal - 1) & 1) == 1;
    }
}
