using System.Security.Cryptography;
using System.Text;
using NJepa.Data;

namespace NJepa.Samples.Ablation.Running;

/// <summary>Tells sets of images apart by the names, sizes and dates of their files.</summary>
internal static class ImageFingerprint
{
    private const int Digits = 12;

    public static string Of(IImageSource images)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < images.Count; i++)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{images.GetName(i)}\n{images.GetLabel(i)}\n{images.GetStamp(i)}\n"));
        }

        return $"{images.Count} images {Convert.ToHexStringLower(hash.GetHashAndReset())[..Digits]}";
    }
}
