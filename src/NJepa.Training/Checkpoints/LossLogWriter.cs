using System.Text;

namespace NJepa.Training;

/// <summary>
/// Appends to the <see cref="LossLog"/>. Lines that cannot be written, because a disk is full, wait in memory for the next time. A checkpoint begins with <see cref="Flush"/>: the log on the disk
/// reaches at least as far as the checkpoint does.
/// </summary>
internal sealed class LossLogWriter : IDisposable
{
    private readonly FileStream _file;
    private readonly StringBuilder _pending = new();

    private LossLogWriter(FileStream file) => _file = file;

    /// <summary>Opens the log of a run that stands at a step: later lines, and one that was cut off, are taken away. A run that begins has an empty one.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static LossLogWriter Open(string folder, long step)
    {
        string path = Path.Combine(folder, LossLog.FileName);
        long kept = step > 0 && File.Exists(path) ? LengthUpTo(path, step) : 0;
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read | FileShare.Delete, 1);
        try
        {
            file.SetLength(kept);
            file.Position = kept;
            var log = new LossLogWriter(file);
            if (kept == 0)
            {
                log._pending.Append(LossLog.Header).Append('\n');
            }

            return log;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Append(TrainingProgress report)
    {
        _pending.Append(LossLog.Line(report));
        Write();
    }

    /// <exception cref="IOException">The log cannot be written.</exception>
    public void Flush()
    {
        Write();
        _file.Flush(flushToDisk: true);
    }

    public void Dispose() => _file.Dispose();

    private void Write()
    {
        if (_pending.Length == 0)
        {
            return;
        }

        long start = _file.Position;
        try
        {
            _file.Write(Encoding.UTF8.GetBytes(_pending.ToString()));
            _pending.Clear();
        }
        catch (ArgumentOutOfRangeException exception)
        {
            _file.Position = start;
            throw FileLimit.Explain(_file.Name, exception);
        }
        catch
        {
            // Half a line may be there; the next attempt writes over it.
            _file.Position = start;
            throw;
        }
    }

    private static long LengthUpTo(string path, long step)
    {
        using var reader = new StreamReader(path, Encoding.UTF8);
        long length = 0;
        bool first = true;
        while (ReadLine(reader) is { } line)
        {
            if (first ? line != LossLog.Header : LossLog.Parse(line) is not { } entry || entry.Step > step)
            {
                break;
            }

            first = false;
            length += Encoding.UTF8.GetByteCount(line) + 1;
        }

        return length;
    }

    /// <summary>A line with its end; null where there is none, or none that ends. No line of a log is longer than the limit.</summary>
    private static string? ReadLine(StreamReader reader)
    {
        const int Limit = 1024;
        var line = new StringBuilder();
        while (reader.Read() is int next && next >= 0 && line.Length < Limit)
        {
            if (next == '\n')
            {
                return line.ToString();
            }

            line.Append((char)next);
        }

        return null;
    }
}
