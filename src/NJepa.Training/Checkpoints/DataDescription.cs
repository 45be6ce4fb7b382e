using System.Buffers.Binary;
using System.Security.Cryptography;
using NJepa.Data;

namespace NJepa.Training;

/// <summary>What identifies a run's images.</summary>
/// <param name="Count">Their number.</param>
/// <param name="Names">SHA-256 of names, labels and order.</param>
/// <param name="Contents">SHA-256 of what the source tells of the images' bytes without reading them: lengths and times of files, checksums of archives.</param>
internal sealed record DataDescription(int Count, string Names, string Contents)
{
    public static DataDescription Of(IImageSource images)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> stamp = stackalloc byte[sizeof(long)];
        for (int i = 0; i < images.Count; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(stamp, images.GetStamp(i));
            hash.AppendData(stamp);
        }

        return new DataDescription(images.Count, images.ComputeFingerprint(), Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>How these images differ from those of a checkpoint; null where they do not.</summary>
    public string? DifferenceTo(DataDescription saved) => this switch
    {
        _ when Count != saved.Count => $"there are {Count} images, and there were {saved.Count}",
        _ when Names != saved.Names => "names, labels or order of the images are not what they were",
        _ when Contents != saved.Contents => "files were changed, or copied without their times: names are the same, lengths or times are not",
        _ => null,
    };
}
