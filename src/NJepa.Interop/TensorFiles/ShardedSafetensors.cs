using System.Globalization;
using System.Text;
using System.Text.Json;
using NJepa.Models;
using static TorchSharp.torch;

namespace NJepa.Interop;

/// <summary>Writes tensors as several safetensors files with an index, as Hugging Face splits large models.</summary>
public static class ShardedSafetensors
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>
    /// Writes <c>model-00001-of-0000N.safetensors</c>, ... and <c>model.safetensors.index.json</c> into a folder; the index comes last, each file whole or not at all.
    /// <see cref="TensorFile.Open"/> opens the folder.
    /// </summary>
    /// <param name="folder">The folder; it is made if it is not there, and must hold no <c>model.safetensors</c>, which readers would prefer.</param>
    /// <param name="tensors">Names and tensors, on any device.</param>
    /// <param name="maxShardBytes">The largest size of a file's data in bytes, at least 1; a tensor that is larger gets a file of its own.</param>
    /// <param name="metadata">Texts to store in each file, or null.</param>
    /// <returns>The path of the index.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxShardBytes"/> is below 1.</exception>
    /// <exception cref="ArgumentException">There is no tensor, a name appears twice, or a tensor cannot be saved.</exception>
    /// <exception cref="IOException">A file cannot be written, or the folder holds a <c>model.safetensors</c>.</exception>
    public static string Write(string folder, IEnumerable<KeyValuePair<string, Tensor>> tensors, long maxShardBytes, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(tensors);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxShardBytes, 1);
        if (File.Exists(Path.Combine(folder, WeightsFolder.Single)))
        {
            throw new IOException($"'{folder}' holds a {WeightsFolder.Single}, which readers prefer to an index; delete it, or write into another folder.");
        }

        List<List<KeyValuePair<string, Tensor>>> shards = Split(tensors, maxShardBytes);
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < shards.Count; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors");
            foreach ((string tensor, _) in shards[i])
            {
                if (!map.TryAdd(tensor, name))
                {
                    throw new ArgumentException($"There are two tensors named '{tensor}'; each needs a name of its own.", nameof(tensors));
                }
            }
        }

        foreach (List<KeyValuePair<string, Tensor>> shard in shards)
        {
            SafetensorsFile.Write(Path.Combine(folder, map[shard[0].Key]), shard, metadata);
        }

        string index = Path.Combine(folder, WeightsFolder.Index);
        long total = shards.Sum(shard => shard.Sum(pair => Bytes(pair.Value)));
        byte[] json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { metadata = new { total_size = total }, weight_map = map }, Indented));
        FileReplacement.Write(index, stream => stream.Write(json));
        return index;
    }

    private static List<List<KeyValuePair<string, Tensor>>> Split(IEnumerable<KeyValuePair<string, Tensor>> tensors, long maxShardBytes)
    {
        var shards = new List<List<KeyValuePair<string, Tensor>>>();
        long room = 0;
        foreach (KeyValuePair<string, Tensor> pair in tensors)
        {
            if (pair.Value is null || pair.Value.IsInvalid)
            {
                throw new ArgumentException($"The tensor '{pair.Key}' is {(pair.Value is null ? "null" : "disposed")}; keep tensors until they are written.", nameof(tensors));
            }

            long bytes = Bytes(pair.Value);
            if (shards.Count == 0 || bytes > room)
            {
                shards.Add([]);
                room = maxShardBytes;
            }

            shards[^1].Add(pair);
            room -= bytes;
        }

        return shards.Count > 0 ? shards : throw new ArgumentException("There is no tensor to write; give at least one.", nameof(tensors));
    }

    private static long Bytes(Tensor tensor) => tensor.NumberOfElements * tensor.ElementSize;
}
