using NJepa.Data.Tests.Support;

namespace NJepa.FaultInjection.Trials;

/// <summary>Makes pictures of a folder unusable, or odd.</summary>
internal static class BadPictures
{
    // A picture of one pixel in two frames.
    private static readonly byte[] Animation =
    [
        .. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, 255, 0, 0, 0, 0, 255,
        0x21, 0xF9, 4, 0, 10, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0,
        0x21, 0xF9, 4, 0, 10, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4C, 1, 0, 0x3B,
    ];

    /// <summary>What cannot be used, by kind.</summary>
    public static readonly IReadOnlyList<(string Kind, Action<string> Make)> Unusable =
    [
        ("of no bytes", file => File.WriteAllBytes(file, [])),
        ("cut off", file => File.WriteAllBytes(file, File.ReadAllBytes(file)[..60])),
        ("a text", file => File.WriteAllText(file, "This is no picture.\n")),
        ("a header of 30,000 x 30,000", file => File.WriteAllBytes(file, Pictures.RawPng(30_000, 30_000, 8, 2, [0]))),
        ("vanished", File.Delete),
        ("not to be read", MakeUnreadable),
    ];

    /// <summary>What can be used, though it is odd.</summary>
    public static readonly IReadOnlyList<(string Kind, Action<string> Make)> Odd =
    [
        ("CMYK", file => File.WriteAllBytes(file, Pictures.CmykJpeg(200, 100, 50, 255))),
        ("16 bits", file => File.WriteAllBytes(file, Pictures.RawPng(1, 1, 16, 2, [0, 0x12, 0x12, 0x80, 0x80, 0xFF, 0xFF]))),
        ("an animation", file => File.WriteAllBytes(file, Animation)),
        ("1 x 1", file => File.WriteAllBytes(file, Pictures.Png(1, 1))),
    ];

    // A folder in the place of a file cannot be read by anyone, the system's administrator included.
    private static void MakeUnreadable(string file)
    {
        File.Delete(file);
        Directory.CreateDirectory(file);
    }
}
