using Microsoft.Extensions.Logging;

namespace NJepa.Training.Tests;

/// <summary>Keeps what is logged, or those messages that it is asked to keep.</summary>
internal sealed class ListLogger(Func<LogLevel, EventId, bool>? keeps = null) : ILogger
{
    private readonly Lock _lock = new();
    private readonly List<(LogLevel Level, string Message)> _entries = [];

    public IReadOnlyList<string> Messages => [.. Entries.Select(entry => entry.Message)];

    public IReadOnlyList<string> Errors => [.. Entries.Where(entry => entry.Level >= LogLevel.Error).Select(entry => entry.Message)];

    private IReadOnlyList<(LogLevel Level, string Message)> Entries
    {
        get
        {
            lock (_lock)
            {
                return [.. _entries];
            }
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (keeps?.Invoke(logLevel, eventId) == false)
        {
            return;
        }

        lock (_lock)
        {
            _entries.Add((logLevel, formatter(state, exception)));
        }
    }
}
