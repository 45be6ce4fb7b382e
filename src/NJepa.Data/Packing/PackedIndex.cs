using System.Buffers.Binary;
using System.Text;

namespace NJepa.Data;

/// <summary>What a packed file says about its images: names, labels, where their pixels lie, and why there are none.</summary>
internal sealed class PackedIndex(string[] classNames, string[] names, int[] labels, PackedEntry[] entries, IReadOnlyList<BadImage> badImages)
{
    /// <summary>Offset, four sides, label; and the length of a name.</summary>
    private const int EntryBytes = 8 + (5 * 4);
    private const int MinimumBytes = EntryBytes + 4;

    private readonly Dictionary<int, string> _reasons = badImages.ToDictionary(bad => bad.Index, bad => bad.Reason);

    public string[] ClassNames => classNames;

    public string[] Names => names;

    public int[] Labels => labels;

    public PackedEntry[] Entries => entries;

    public IReadOnlyList<BadImage> BadImages => badImages;

    public string Reason(int index) => _reasons[index];

    /// <summary>The index of a source of which all images are packed.</summary>
    public static PackedIndex Of(PackedListing listing, PackedEntry[] entries, IReadOnlyList<BadImage> badImages) =>
        new(listing.ClassNames, listing.Names, listing.Labels, entries, badImages);

    /// <summary>Bytes of the index without the images' names and reasons.</summary>
    public static long FixedBytes(string[] classNames, int count) =>
        4 + classNames.Sum(name => 4L + Encoding.UTF8.GetByteCount(name)) + ((long)count * MinimumBytes);

    /// <exception cref="ImageSourceException">It is longer than can be read again.</exception>
    public byte[] ToBytes(long maxBytes = PackedHeader.MaxIndexLength)
    {
        long length = FixedBytes(classNames, entries.Length)
            + names.Sum(name => (long)Encoding.UTF8.GetByteCount(name))
            + badImages.Sum(bad => 4L + Encoding.UTF8.GetByteCount(bad.Reason));
        PackedListing.ThrowIfTooLong(length, entries.Length, maxBytes);
        using var stream = new MemoryStream((int)length);
        using var writer = new BinaryWriter(stream);
        writer.Write(classNames.Length);
        Array.ForEach(classNames, name => WriteText(writer, name));
        for (int i = 0; i < entries.Length; i++)
        {
            writer.Write(entries[i].Offset);
            writer.Write(entries[i].Size.Width);
            writer.Write(entries[i].Size.Height);
            writer.Write(entries[i].Size.FullWidth);
            writer.Write(entries[i].Size.FullHeight);
            writer.Write(labels[i]);
        }

        for (int i = 0; i < entries.Length; i++)
        {
            WriteText(writer, names[i]);
            if (entries[i].IsBad)
            {
                WriteText(writer, Reason(i));
            }
        }

        // Filled to the last byte, so this is no copy.
        return stream.GetBuffer();
    }

    /// <summary>Reads an index. Nothing in it is believed: every place must lie inside the part of the file that holds pixels.</summary>
    /// <param name="bytes">The index.</param>
    /// <param name="count">Images, by the header.</param>
    /// <param name="pixelsEnd">The offset at which the pixels end, with the bytes that a reader may read beyond.</param>
    /// <exception cref="InvalidDataException">Something cannot be.</exception>
    public static PackedIndex Parse(ReadOnlySpan<byte> bytes, int count, long pixelsEnd)
    {
        var reader = new Reader(bytes);
        int classCount = reader.Count(minimumBytes: 4);
        string[] classNames = new string[classCount];
        for (int i = 0; i < classCount; i++)
        {
            classNames[i] = reader.Text();
        }

        if (count > reader.Remaining / MinimumBytes)
        {
            throw new InvalidDataException($"its header states {count} images, more than its list of images can hold");
        }

        var entries = new PackedEntry[count];
        int[] labels = new int[count];
        for (int i = 0; i < count; i++)
        {
            entries[i] = new PackedEntry(reader.Int64(), new ShrunkSize(reader.Int32(), reader.Int32(), reader.Int32(), reader.Int32()));
            labels[i] = reader.Int32();
            if (!IsPossible(entries[i], pixelsEnd) || labels[i] < -1 || labels[i] >= classCount)
            {
                throw new InvalidDataException($"its list of images is damaged at image {i}");
            }
        }

        string[] names = new string[count];
        var badImages = new List<BadImage>();
        for (int i = 0; i < count; i++)
        {
            names[i] = reader.Text();
            if (entries[i].IsBad)
            {
                badImages.Add(new BadImage(i, names[i], reader.Text()));
            }
        }

        return new PackedIndex(classNames, names, labels, entries, badImages);
    }

    private static bool IsPossible(PackedEntry entry, long pixelsEnd)
    {
        if (entry == default)
        {
            return true;
        }

        (int width, int height, int fullWidth, int fullHeight) = entry.Size;
        if (width < 1 || height < 1 || fullWidth < width || fullHeight < height)
        {
            return false;
        }

        long needed = ((long)width * height * ShrunkSize.PixelBytes) + PixelResampler.Slack;
        return needed is > 0 and <= int.MaxValue && entry.Offset >= PackedHeader.Length && entry.Offset <= pixelsEnd - needed;
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public readonly int Remaining => _rest.Length;

        public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

        public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

        public string Text() => Encoding.UTF8.GetString(Take(Count(minimumBytes: 1)));

        /// <summary>A number of things that take at least so many bytes each; no more than can follow.</summary>
        public int Count(int minimumBytes)
        {
            int count = Int32();
            return count >= 0 && count <= _rest.Length / minimumBytes ? count : throw Short();
        }

        private ReadOnlySpan<byte> Take(int length)
        {
            if (length > _rest.Length)
            {
                throw Short();
            }

            ReadOnlySpan<byte> taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }

        private static InvalidDataException Short() => new("its list of images ends too early");
    }
}
