using System.Diagnostics;
using System.Text.Json;
using NJepa.Throughput.Options;
using NJepa.Throughput.Workers;

namespace NJepa.Throughput.Comparing;

/// <summary>The parent's end of a worker.</summary>
internal sealed class WorkerProcess : IDisposable
{
    public const string Verb = "worker";
    private readonly Process _process;

    /// <exception cref="InvalidOperationException">The worker could not begin; the message says why.</exception>
    public WorkerProcess(WorkerKind kind, ThroughputCase work)
    {
        string assembly = typeof(WorkerProcess).Assembly.Location, host = Path.ChangeExtension(assembly, OperatingSystem.IsWindows() ? ".exe" : null);
        var start = new ProcessStartInfo(File.Exists(host) ? host : "dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true };
        string order = JsonSerializer.Serialize(new WorkerOrder(kind, work));
        foreach (string argument in (string[])[.. File.Exists(host) ? Array.Empty<string>() : [assembly], Verb, order])
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        try
        {
            Read();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public WorkerAnswer Ask(string verb, int count = 1)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(new WorkerRequest(verb, count)));
        _process.StandardInput.Flush();
        return Read();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            try
            {
                _process.StandardInput.WriteLine(JsonSerializer.Serialize(new WorkerRequest("exit")));
                _process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It has just ended by itself.
            }

            if (!_process.WaitForExit(TimeSpan.FromSeconds(30)))
            {
                _process.Kill();
            }
        }

        _process.Dispose();
    }

    private WorkerAnswer Read()
    {
        string line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("A worker process ended without an answer (often: no memory left); its messages stand above.");
        WorkerAnswer answer = JsonSerializer.Deserialize<WorkerAnswer>(line)!;
        return answer.Error is { } error ? throw new InvalidOperationException("A worker process failed: " + error) : answer;
    }
}
