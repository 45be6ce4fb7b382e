using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace NJepa.FaultInjection.Workers;

/// <summary>The parent's end of a worker.</summary>
internal sealed class WorkerProcess : IDisposable
{
    public const string Verb = "worker";

    /// <summary>The exit code of a process that was killed.</summary>
    public static readonly int Killed = OperatingSystem.IsWindows() ? -1 : 137;

    /// <summary>No worker takes this long; one that does hangs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly List<string> _output = [], _errors = [];
    private readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>Starts a worker, which reads its order from the command line.</summary>
    /// <param name="order">What it does.</param>
    /// <param name="through">A command that is given the worker's command line as its last arguments; none starts it directly.</param>
    public WorkerProcess(WorkerOrder order, params IReadOnlyList<string> through)
    {
        string assembly = typeof(WorkerProcess).Assembly.Location, host = Path.ChangeExtension(assembly, OperatingSystem.IsWindows() ? ".exe" : null);
        string[] command = [.. through, .. File.Exists(host) ? (string[])[host] : ["dotnet", assembly], Verb, JsonSerializer.Serialize(order)];
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in command[1..])
        {
            start.ArgumentList.Add(argument);
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public TimeSpan Age => Stopwatch.GetElapsedTime(_start);

    public int ExitCode => _process.ExitCode;

    /// <summary>When training began; null before it.</summary>
    public TimeSpan? TrainingSince { get; private set; }

    public DateTime LastOutput { get; private set; } = DateTime.UtcNow;

    public string Errors => string.Join('\n', Lines(_errors));

    /// <summary>The step of the last report; 0 before the first.</summary>
    public long ReportedStep => Numbers(Worker.Step) is [.., [long step, ..]] ? step : 0;

    /// <summary>First step and steps of a run that has returned; null for one that has not.</summary>
    public (long First, long Steps)? Ended => Numbers(Worker.Ended) is [.., [long first, long steps, ..]] ? (first, steps) : null;

    /// <summary>The numbers behind a word, of each line that begins with it.</summary>
    public IReadOnlyList<long[]> Numbers(string word) =>
    [
        .. Lines(_output).Select(line => line.Split(' ')).Where(parts => parts[0] == word)
            .Select(parts => parts[1..].Where(part => long.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)).Select(part => long.Parse(part, CultureInfo.InvariantCulture)).ToArray()),
    ];

    public IReadOnlyList<string> Output => Lines(_output);

    public string LastLine => Output is [.., string last] ? last : "";

    /// <summary>Waits for the end, up to a time.</summary>
    /// <returns>Whether it has ended.</returns>
    public bool Wait(TimeSpan time)
    {
        if (!_process.WaitForExit(time))
        {
            return false;
        }

        // Without a time, it waits for the last lines as well.
        _process.WaitForExit();
        return true;
    }

    /// <summary>Waits for the end of a worker that is to end by itself.</summary>
    /// <returns>Its exit code.</returns>
    /// <exception cref="TimeoutException">It hangs; it is killed.</exception>
    public int Finish()
    {
        if (Wait(Patience))
        {
            return ExitCode;
        }

        Kill();
        throw new TimeoutException($"A worker did not end within {Patience.TotalMinutes} minutes.");
    }

    /// <summary>SIGKILL; waits until it is gone.</summary>
    public void Kill()
    {
        _process.Kill();
        Wait(Patience);
    }

    /// <summary>Sends a signal.</summary>
    public void Send(int signal) => _ = SendSignal(_process.Id, signal);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private void Keep(List<string> lines, string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (lines)
        {
            lines.Add(line);
        }

        LastOutput = DateTime.UtcNow;
        if (line == Worker.Training)
        {
            TrainingSince = Age;
        }
    }

    private static IReadOnlyList<string> Lines(List<string> lines)
    {
        lock (lines)
        {
            return [.. lines];
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int process, int signal);
}
