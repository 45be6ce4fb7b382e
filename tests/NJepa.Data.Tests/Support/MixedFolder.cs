using NJepa.Data;

namespace NJepa.Data.Tests.Support;

/// <summary>
/// Two folders of the same names: one of good pictures, unusual ones among them, and one in which every twentieth is bad in one way or
/// another.
/// </summary>
public sealed class MixedFolder : IDisposable
{
    public const int Count = 2000;
    public const int Bad = Count / 20;

    private readonly TempFolder _clean = new();
    private readonly TempFolder _mixed = new();
    private readonly List<IDisposable> _held = [];
    private readonly Dictionary<int, string> _reasons = [];
    private readonly Dictionary<string, int> _indices;

    public MixedFolder()
    {
        byte[][] ordinary = [.. Enumerable.Range(0, 20).Select(i => i % 2 == 0 ? Pictures.NoisePng(12 + (i % 3), 10, i) : Pictures.Encode(Pictures.Noise(14, 11 + (i % 3), i), SkiaSharp.SKEncodedImageFormat.Jpeg))];
        byte[][] unusual =
        [
            Pictures.CmykJpeg(0, 255, 255, 255), Pictures.RawPng(1, 1, 16, 2, [0, 0x12, 0x12, 0x80, 0x80, 0xFF, 0xFF]), Pictures.AnimatedGif,
            Pictures.AnimatedWebp(3, 2, new(255, 0, 0), new(0, 0, 255)), Pictures.Png(1, 1), Pictures.Bmp(Pictures.Noise(9, 9)), Pictures.GreyJpeg(9, 5, 77),
        ];
        for (int i = 0; i < Count; i++)
        {
            byte[] good = i % 20 == 7 ? unusual[i / 20 % unusual.Length] : ordinary[i % 20];
            _clean.Write(Name(i), good);
            _mixed.Write(Name(i), good);
        }

        Clean = ImageFolder.Open(_clean.Path);
        Mixed = ImageFolder.Open(_mixed.Path);
        _indices = Enumerable.Range(0, Count).ToDictionary(Mixed.GetName);
        Action<int>[] kinds = OperatingSystem.IsWindows() ? [.. Files] : [.. Files, .. Others];
        for (int number = 0; number < Bad; number++)
        {
            kinds[number % kinds.Length]((number * 20) + 13);
        }
    }

    public ImageFolder Clean { get; }

    /// <summary>Listed while all was well.</summary>
    public ImageFolder Mixed { get; }

    /// <summary>How the reason of each bad image begins.</summary>
    public IReadOnlyDictionary<int, string> Reasons => _reasons;

    private IEnumerable<Action<int>> Files =>
    [
        i => Replace(i, [], "the file is empty"),
        i => Replace(i, Pictures.Jpeg(40, 40)[..^60], "it is truncated"),
        i => Replace(i, Pictures.NoisePng(40, 40)[..2000], "it is truncated"),
        i => Replace(i, "This is text."u8.ToArray(), "it is not a JPEG, PNG, WebP or BMP file"),
        i => Replace(i, HugePictures.PngHeader(), "it has 30000 x 30000 pixels"),
        i => Replace(i, HugePictures.Jpeg(), "it has 30000 x 30000 pixels"),
        i => Remove(i, "Could not find file"),
        i =>
        {
            Remove(i, "Could not find file");
            Directory.CreateDirectory(Path(i));
        },
    ];

    private IEnumerable<Action<int>> Others =>
    [
        i =>
        {
            Remove(i, "the file is empty (or it is a pipe");
            SpecialFiles.MakePipe(Path(i));
        },
        i =>
        {
            Remove(i, "the file is empty (or it is a pipe");
            _held.Add(SpecialFiles.MakeSocket(Path(i)));
        },
        i =>
        {
            Remove(i, "the file is empty (or it is a pipe");
            File.CreateSymbolicLink(Path(i), "/dev/zero");
        },
        i =>
        {
            Remove(i, "Could not find file");
            File.CreateSymbolicLink(Path(i), "nowhere.jpg");
        },
        i =>
        {
            Remove(i, "'");
            File.CreateSymbolicLink(Path(i), Path(i));
        },
        i =>
        {
            // The superuser may read it all the same.
            Replace(i, Environment.IsPrivilegedProcess ? [] : Pictures.Png(5, 5), Environment.IsPrivilegedProcess ? "the file is empty" : "Access to the path");
            SpecialFiles.Forbid(Path(i));
        },
    ];

    public void Dispose()
    {
        _held.ForEach(held => held.Dispose());
        _clean.Dispose();
        _mixed.Dispose();
    }

    private static string Name(int index) => $"{(index % 2 == 0 ? "cat" : "dog")}/{index:0000}.jpg";

    private string Path(int number) => _mixed.At(Name(number));

    private void Replace(int number, byte[] content, string reason)
    {
        _mixed.Write(Name(number), content);
        _reasons.Add(_indices[Name(number)], reason);
    }

    private void Remove(int number, string reason)
    {
        File.Delete(Path(number));
        _reasons.Add(_indices[Name(number)], reason);
    }
}
