using System.Runtime.InteropServices;

namespace NJepa.Training;

/// <summary>
/// Turns SIGTERM and SIGINT (Ctrl+C) into a cancelled <see cref="Token"/>: a run that gets it finishes its step, writes a checkpoint and returns. A second signal ends the process at once; what was
/// saved before stays whole.
/// </summary>
/// <remarks>For programs; a library must not touch its host's signals. Create one, pass its token to the run, return <see cref="ExitCode"/>, and dispose it.</remarks>
/// <example><code>
/// using var signals = new TerminationSignals();
/// TrainingResult result = await trainer.ResumeAsync(new ResumeOptions { StartIfNone = true }, progress, signals.Token);
/// return signals.ExitCode(result);
/// </code></example>
public sealed class TerminationSignals : IDisposable
{
    /// <summary>The exit code of a program that was stopped by SIGINT and has saved its work: 130.</summary>
    public const int Interrupted = 130;

    /// <summary>The exit code of a program that was stopped by SIGTERM and has saved its work: 143.</summary>
    public const int Terminated = 143;

    private readonly CancellationTokenSource _cancellation = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _received;

    /// <summary>Listens from now on.</summary>
    public TerminationSignals()
    {
        Token = _cancellation.Token;
        _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, Receive), PosixSignalRegistration.Create(PosixSignal.SIGINT, Receive)];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token { get; }

    /// <summary>Whether a signal has come.</summary>
    public bool IsRequested => _received != 0;

    /// <summary>What the program should return: 0 for a run that is complete, <see cref="Interrupted"/> or <see cref="Terminated"/> for one that a signal stopped, 1 for one that was stopped otherwise.</summary>
    /// <param name="result">What the run returned; null where there is no result.</param>
    public int ExitCode(TrainingResult? result = null) => result is { Completed: true } ? 0 : _received == 0 ? 1 : _received;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _cancellation.Dispose();
    }

    private void Receive(PosixSignalContext context)
    {
        int code = context.Signal == PosixSignal.SIGINT ? Interrupted : Terminated;
        if (Interlocked.CompareExchange(ref _received, code, 0) != 0)
        {
            return;
        }

        context.Cancel = true;
        try
        {
            _cancellation.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The signal came while this was being disposed; the run that it was for is over.
        }
    }
}
