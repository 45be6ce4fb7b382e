using NJepa.Models;

namespace NJepa.Samples.QuickStart.Options;

/// <summary>What the command line can say, with the quick start's defaults.</summary>
internal sealed record QuickStartOptions
{
    /// <summary>The values of <c>--model</c>, smallest first.</summary>
    public static readonly IReadOnlyList<string> Models = ["nano", "tiny", "small", "base"];

    /// <summary>The values of <c>--device</c>.</summary>
    public static readonly IReadOnlyList<string> Devices = ["auto", "cpu", "cuda"];

    /// <summary>The values of <c>--precision</c>.</summary>
    public static readonly IReadOnlyList<string> Precisions = [.. Enum.GetNames<Precision>().Select(name => name.ToLowerInvariant())];

    /// <summary>A folder of class folders, or a zip of one; null to draw pictures.</summary>
    public string? Images { get; init; }

    /// <summary>Where everything is written.</summary>
    public string Output { get; init; } = "njepa-quickstart";

    /// <summary>Passes over the training images.</summary>
    public int Epochs { get; init; } = 14;

    /// <summary>Side of the square that images are cropped to, in pixels.</summary>
    public int ImageSize { get; init; } = 64;

    /// <summary>Side of a patch in pixels.</summary>
    public int PatchSize { get; init; } = 8;

    /// <summary>One of <see cref="Models"/>.</summary>
    public string Model { get; init; } = "nano";

    /// <summary>One of <see cref="Devices"/>.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>One of <see cref="Precisions"/>.</summary>
    public string Precision { get; init; } = "float32";

    /// <summary>Seed of the pictures, the weights, the order, the crops, the masks and the noise.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether to go on with the run in <see cref="Output"/>.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool Resume { get; init; }

    /// <summary>Whether help was asked for.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool Help { get; init; }

    /// <summary>Everything that is wrong with values that parsed, empty when nothing is.</summary>
    public IEnumerable<string> Problems()
    {
        if (Epochs is < 1 or > 100_000)
        {
            yield return $"--epochs is {Epochs}; it must be from 1 to 100000";
        }

        bool sizesAreSane = true;
        if (ImageSize is < 16 or > 1024)
        {
            sizesAreSane = false;
            yield return $"--image-size is {ImageSize}; it must be from 16 to 1024 pixels";
        }

        if (PatchSize is < 2 or > 64)
        {
            sizesAreSane = false;
            yield return $"--patch-size is {PatchSize}; it must be from 2 to 64 pixels";
        }

        if (sizesAreSane && ImageSize % PatchSize != 0)
        {
            yield return $"--patch-size is {PatchSize}; it must divide the image size, {ImageSize}";
        }
        else if (sizesAreSane && ImageSize / PatchSize is < 6 or > 64)
        {
            yield return $"--patch-size is {PatchSize}, which cuts {ImageSize} pixels into {ImageSize / PatchSize} patches a side; it must leave from 6 to 64, or the masks have no room";
        }

        if (!Models.Contains(Model))
        {
            yield return $"--model is '{Model}'; it must be {string.Join(", ", Models)}";
        }

        if (!Devices.Contains(Device))
        {
            yield return $"--device is '{Device}'; it must be {string.Join(", ", Devices)}";
        }

        if (!Precisions.Contains(Precision))
        {
            yield return $"--precision is '{Precision}'; it must be {string.Join(", ", Precisions)}";
        }

        if (Images is not null && !Directory.Exists(Images) && !File.Exists(Images))
        {
            yield return $"--images is '{Images}', where there is no folder and no file; it must be a folder of images or a zip of one";
        }

        if (File.Exists(Output))
        {
            yield return $"--output is '{Output}', which is a file; it must be a folder, which is made when it does not exist";
        }

        // The pictures of this run would be images of the next one.
        if (Images is not null && Directory.Exists(Images) && IsWithin(Output, Images))
        {
            yield return $"--output is '{Output}', within the folder of the images, '{Images}'; it must lie outside of it";
        }
    }

    private static bool IsWithin(string inner, string outer)
    {
        string relative = Path.GetRelativePath(outer, inner);
        return relative != ".." && !relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal) && !Path.IsPathRooted(relative);
    }
}
