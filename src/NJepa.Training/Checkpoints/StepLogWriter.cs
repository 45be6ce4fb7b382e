using System.Text;

namespace NJepa.Training;

/// <summary>
/// Appends to a log whose lines begin with a step: the <see cref="LossLog"/>, the <see cref="ProbeLog"/>. Lines that cannot be written, because a disk is full, wait in memory for the next time. A checkpoint begins with <see cref="Flush"/>: the log on the disk
/// reaches at least as far as the checkpoint does.
/// </summary>
internal sealed class StepLogWriter : IDisposable
{
    // UTF-8's, as three characters of one byte each.
    private const string ByteOrderMark = "\u00EF\u00BB\u00BF";
    private readonly FileStream _file;
    private readonly StringBuilder _pending = new();

    private StepLogWriter(FileStream file) => _file = file;

    /// <summary>Opens the log of a run that stands at a step: later lines, and one that was cut off, are taken away. A run that begins has an empty one. What is no such log is kept under another name.</summary>
    /// <param name="path">The file.</param>
    /// <param name="header">Its first line.</param>
    /// <param name="stepOf">The step of a line; null where it is no line of such a log.</param>
    /// <param name="step">Where the run stands.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static StepLogWriter Open(string path, string header, Func<string, long?> stepOf, long step)
    {
        (long kept, bool foreign) = step > 0 && File.Exists(path) ? LengthUpTo(path, header, stepOf, step) : default;
        if (foreign)
        {
            // What stands there may be wanted by somebody.
            File.Copy(path, path + CheckpointFiles.DamagedSuffix, overwrite: true);
        }

        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read | FileShare.Delete, 1);
        try
        {
            file.SetLength(kept);
            file.Position = kept;
            var log = new StepLogWriter(file);
            if (kept == 0)
            {
                log._pending.Append(header).Append('\n');
            }

            return log;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Adds a line, with its end.</summary>
    /// <exception cref="IOException">The log cannot be written.</exception>
    public void Append(string line)
    {
        _pending.Append(line);
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

    /// <summary>How much of a log belongs to the steps up to one, and whether something else stands behind that. A spreadsheet may have saved it again, with a mark before it and other line ends.</summary>
    private static (long Length, bool Foreign) LengthUpTo(string path, string header, Func<string, long?> stepOf, long step)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        long length = 0;
        while (ReadLine(file) is { } line)
        {
            string text = line.TrimEnd('\r');
            if (length == 0)
            {
                if (text != header && text != ByteOrderMark + header)
                {
                    return (0, true);
                }
            }
            else if (stepOf(text) is not { } lineStep)
            {
                return (length, true);
            }
            else if (lineStep > step)
            {
                break;
            }

            length = file.Position;
        }

        return (length, false);
    }

    /// <summary>A line with its end, byte by byte; null where there is none, or none that ends. No line of a log is longer than the limit.</summary>
    private static string? ReadLine(FileStream file)
    {
        const int Limit = 1024;
        var line = new StringBuilder();
        while (file.ReadByte() is int next && next >= 0)
        {
            if (next == '\n' || line.Length == Limit)
            {
                return line.ToString();
            }

            line.Append((char)next);
        }

        return null;
    }
}
