using Microsoft.Win32.SafeHandles;

namespace NJepa.Interop;

/// <summary>The zip archive of a checkpoint: <c>name/data.pkl</c>, <c>name/data/0</c>, ... All entries are stored uncompressed, as PyTorch writes them, so none is larger than the file.</summary>
internal sealed class TorchArchive
{
    private const int Stored = 0;
    private const int MaxNameLength = 512;
    private const string Pickle = "data.pkl";
    private readonly SafeFileHandle _file;
    private readonly Dictionary<string, ZipEntry> _entries;
    private readonly Dictionary<string, (long Start, long Length)> _found = new(StringComparer.Ordinal);
    private readonly string _prefix;

    private TorchArchive(SafeFileHandle file, Dictionary<string, ZipEntry> entries, string prefix)
    {
        _file = file;
        _entries = entries;
        _prefix = prefix;
    }

    /// <exception cref="InvalidDataException">It is not the archive of a checkpoint.</exception>
    public static TorchArchive Read(IReadOnlyList<ZipEntry> entries, SafeFileHandle file)
    {
        var byName = new Dictionary<string, ZipEntry>(StringComparer.Ordinal);
        foreach (ZipEntry entry in entries)
        {
            if (entry.Name.Length > MaxNameLength)
            {
                throw new InvalidDataException($"its archive holds a name of {entry.Name.Length} characters; at most {MaxNameLength} are read");
            }

            if (entry.Name.StartsWith('/') || entry.Name.Split('/').Contains(".."))
            {
                throw new InvalidDataException($"its archive names the file '{entry.Name}', which leads out of it");
            }

            if (!byName.TryAdd(entry.Name, entry))
            {
                throw new InvalidDataException($"its archive holds '{entry.Name}' twice");
            }
        }

        string[] pickles = [.. byName.Keys.Where(name => name.Split('/') is [_, Pickle])];
        string prefix = pickles is [var pickle]
            ? pickle[..^Pickle.Length]
            : throw new InvalidDataException($"its archive holds {pickles.Length} files '*/{Pickle}'; a checkpoint has one");
        if (byName.Keys.Any(name => name.StartsWith(prefix + "code/", StringComparison.Ordinal)))
        {
            throw new InvalidDataException("it is a TorchScript program (torch.jit.save), not a state dict; in Python, torch.save(torch.jit.load('...').state_dict(), '...') makes one of it");
        }

        var archive = new TorchArchive(file, byName, prefix);
        return archive.IsBigEndian() ? throw new InvalidDataException("its numbers are big-endian; save it on a little-endian machine") : archive;
    }

    /// <summary>The pickle that lists the tensors.</summary>
    public byte[] ReadPickle(int maxLength)
    {
        (long start, long length) = Locate(_prefix + Pickle);
        return length <= maxLength ? ZipDirectory.ReadExactly(_file, start, (int)length) : throw new InvalidDataException($"its list of contents has {length} bytes; at most {maxLength} are read");
    }

    /// <summary>Where a storage's bytes lie in the file.</summary>
    public (long Start, long Length) Find(string key)
    {
        if (!_found.TryGetValue(key, out var place))
        {
            place = Locate($"{_prefix}data/{key}");
            _found.Add(key, place);
        }

        return place;
    }

    private bool IsBigEndian()
    {
        if (!_entries.ContainsKey(_prefix + "byteorder"))
        {
            return false;
        }

        (long start, long length) = Locate(_prefix + "byteorder");
        return length != "little".Length || !ZipDirectory.ReadExactly(_file, start, (int)length).AsSpan().SequenceEqual("little"u8);
    }

    private (long Start, long Length) Locate(string name)
    {
        if (!_entries.TryGetValue(name, out ZipEntry entry))
        {
            throw new InvalidDataException($"its archive lacks '{name}', to which it refers");
        }

        if (entry.Method != Stored || entry.Encrypted)
        {
            throw new InvalidDataException($"'{name}' is compressed or encrypted in its archive; PyTorch stores the entries as they are");
        }

        return (ZipDirectory.FindData(_file, entry), entry.CompressedLength);
    }
}
