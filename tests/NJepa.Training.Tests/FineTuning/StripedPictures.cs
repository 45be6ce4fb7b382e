using NJepa.Data;

namespace NJepa.Training.Tests;

/// <summary>Pictures of 32 pixels with stripes in two random colours, of random period and phase; the class is their direction. Easy, so that a small network learns them within a test.</summary>
internal sealed class StripedPictures : IImageSource
{
    private const int Size = 32;
    private readonly byte[][] _files;

    public StripedPictures(int perClass, int seed)
    {
        var random = new Random(seed);
        _files = [.. Enumerable.Range(0, perClass * ClassNames.Count).Select(i => Draw(i % ClassNames.Count, random))];
    }

    public int Count => _files.Length;

    public IReadOnlyList<string> ClassNames { get; } = ["across", "down", "falling", "rising"];

    public string GetName(int index) => $"{index}.bmp";

    public int GetLabel(int index) => index % ClassNames.Count;

    public Stream OpenRead(int index) => new MemoryStream(_files[index]);

    private static byte[] Draw(int label, Random random)
    {
        byte[][] colours = [[.. Enumerable.Range(0, 3).Select(_ => (byte)random.Next(100))], [.. Enumerable.Range(0, 3).Select(_ => (byte)random.Next(156, 256))]];
        (int period, int phase) = (random.Next(3, 6), random.Next(100));
        var file = new byte[54 + (Size * Size * 3)];
        using var writer = new BinaryWriter(new MemoryStream(file));
        writer.Write("BM"u8);
        foreach (int number in new[] { file.Length, 0, 54, 40, Size, Size, 1 | (24 << 16) })
        {
            writer.Write(number);
        }

        for (int y = 0; y < Size; y++)
        {
            for (int x = 0; x < Size; x++)
            {
                int along = label switch { 0 => y, 1 => x, 2 => x + y, _ => x - y + Size };
                colours[(along + phase) / period % 2].CopyTo(file, 54 + (((y * Size) + x) * 3));
            }
        }

        return file;
    }
}
