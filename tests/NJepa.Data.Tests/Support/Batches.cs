using System.Security.Cryptography;

namespace NJepa.Data.Tests.Support;

/// <summary>What batches hold, in a form that can be compared.</summary>
public static class Batches
{
    /// <summary>Place, indices, labels and a hash of the pixels of each batch. Disposes the batches.</summary>
    public static string[] Describe(IEnumerable<ImageBatch> batches) => [.. batches.Select(batch =>
    {
        using (batch)
        {
            return $"{batch.Epoch}.{batch.Step}: {string.Join(' ', batch.Indices)} | {string.Join(' ', batch.Labels)} | {Convert.ToHexString(SHA256.HashData(batch.Pixels))}";
        }
    })];
}
