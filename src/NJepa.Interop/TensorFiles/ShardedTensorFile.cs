using System.Text.Json;
using NJepa.Models;
using static TorchSharp.torch;

namespace NJepa.Interop;

/// <summary>Several safetensors files and the index that says which tensor lies in which: <c>{"weight_map": {"name": "model-00001-of-00002.safetensors"}}</c>.</summary>
internal sealed class ShardedTensorFile : TensorFile
{
    private const long MaxIndexBytes = 32L << 20;
    private const int MaxShards = 512;
    private readonly List<SafetensorsFile> _shards;
    private readonly Dictionary<string, SafetensorsFile> _byName;

    private ShardedTensorFile(string path, List<SafetensorsFile> shards, Dictionary<string, SafetensorsFile> byName)
        : base(path, Describe(byName), shards.Count > 0 ? shards[0].Metadata : new Dictionary<string, string>())
    {
        _shards = shards;
        _byName = byName;
    }

    public static new ShardedTensorFile Open(string path)
    {
        Dictionary<string, string> map = ReadIndex(path);
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        var shards = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        try
        {
            var byName = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
            foreach ((string name, string shard) in map)
            {
                if (!shards.TryGetValue(shard, out SafetensorsFile? file))
                {
                    file = shards.Count < MaxShards ? OpenShard(path, folder, shard) : throw Damaged(path, $"it names more than {MaxShards} files");
                    shards.Add(shard, file);
                }

                byName.Add(name, file.Find(name) is not null ? file : throw Damaged(path, $"'{shard}' does not hold the tensor '{name}' that it is said to hold"));
            }

            return new ShardedTensorFile(path, [.. shards.Values], byName);
        }
        catch
        {
            foreach (SafetensorsFile shard in shards.Values)
            {
                shard.Dispose();
            }

            throw;
        }
    }

    internal override long ByteLength => _shards.Sum(shard => new FileInfo(shard.Path).Length);

    internal override void ReadInto(TensorEntry entry, Tensor cpuTensor) => _byName[entry.Name].ReadInto(_byName[entry.Name].Find(entry.Name)!, cpuTensor);

    private protected override Tensor ReadEntry(TensorEntry entry) => _byName[entry.Name].Read(entry.Name);

    protected override void Dispose(bool disposing)
    {
        foreach (SafetensorsFile shard in _shards)
        {
            shard.Dispose();
        }
    }

    private static IReadOnlyList<TensorEntry> Describe(Dictionary<string, SafetensorsFile> byName) =>
        [.. byName.Select(pair => (pair.Key, Entry: pair.Value.Find(pair.Key)!)).Select(pair => new TensorEntry(pair.Key, pair.Entry.Type, pair.Entry.Shape))];

    private static Dictionary<string, string> ReadIndex(string path)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no weights file '{path}'.", path);
        }

        using FileStream stream = File.OpenRead(path);
        if (stream.Length > MaxIndexBytes)
        {
            throw Damaged(path, $"it has {stream.Length} bytes; an index has at most {MaxIndexBytes}");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(stream);
            var map = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (JsonProperty property in document.RootElement.GetProperty("weight_map").EnumerateObject())
            {
                if (!map.TryAdd(property.Name, property.Value.GetString() ?? ""))
                {
                    throw Damaged(path, $"it names the tensor '{property.Name}' twice");
                }
            }

            return map;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Damaged(path, exception.Message, exception);
        }
    }

    // A shard lies beside its index: a name that leads elsewhere is refused.
    private static SafetensorsFile OpenShard(string path, string folder, string shard)
    {
        bool plain = shard.Length is > 0 and <= 255 && shard is not ("." or "..") && shard.IndexOfAny(['/', '\\', ':', '\0']) < 0;
        if (!plain)
        {
            throw Damaged(path, $"it names the file '{shard}'; a shard must lie beside the index, under a plain file name");
        }

        string full = System.IO.Path.Combine(folder, shard);
        return File.Exists(full)
            ? SafetensorsFile.Open(full)
            : throw new WeightsException($"{path} names the file '{shard}', which is not beside it. Download it too.");
    }

    private static WeightsException Damaged(string path, string what, Exception? inner = null) =>
        new($"{path} is not a usable index of safetensors files: {what}. It may be damaged; download or save it again.", inner);
}
