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
    private readonly string _path;
    private readonly string _header;
    private readonly Action? _requireOwn;
    private readonly StringBuilder _pending = new();
    private FileStream _file;

    private StepLogWriter(FileStream file, string header, Action? requireOwn) => (_file, _path, _header, _requireOwn) = (file, file.Name, header, requireOwn);

    /// <summary>Opens the log of a run that stands at a step: later lines, and one that was cut off, are taken away. A run that begins writes over what is there with its first line, not before. What is no such log is kept under another name.</summary>
    /// <param name="path">The file.</param>
    /// <param name="header">Its first line.</param>
    /// <param name="stepOf">The step of a line; null where it is no line of such a log.</param>
    /// <param name="step">Where the run stands.</param>
    /// <param name="requireOwn">Throws where the folder is not the run's any more; null for no such check.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static StepLogWriter Open(string path, string header, Func<string, long?> stepOf, long step, Action? requireOwn = null)
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
            var log = new StepLogWriter(file, header, requireOwn);
            if (step > 0)
            {
                file.SetLength(kept);
                file.Position = kept;
            }

            if (kept == 0)
            {
                log.AddHeader();
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
    /// <param name="line">The line.</param>
    /// <param name="waits">Whether it waits for the next one, or for a checkpoint.</param>
    /// <exception cref="IOException">The log cannot be written.</exception>
    public void Append(string line, bool waits = false)
    {
        _pending.Append(line);
        if (!waits)
        {
            Write();
        }
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

        FollowFile();
        long start = _file.Position;
        try
        {
            if (start == 0)
            {
                // What an earlier run left.
                _file.SetLength(0);
            }

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

    private void AddHeader() => _pending.Insert(0, _header + '\n');

    // Somebody may have saved the file again, which for many programs means: another one in its place; or may have cut it off.
    private void FollowFile()
    {
        if (_file.Position == 0)
        {
            return;
        }

        var there = new FileInfo(_path);
        if (!there.Exists || there.Length != _file.Length)
        {
            _requireOwn?.Invoke();
            FileStream other = new(_path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read | FileShare.Delete, 1);
            _file.Dispose();
            _file = other;
            _file.Position = _file.Length;
        }

        _file.Position = Math.Min(_file.Position, _file.Length);
        if (_file.Position == 0)
        {
            AddHeader();
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
