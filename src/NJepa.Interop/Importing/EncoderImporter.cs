using System.Runtime.InteropServices;
using NJepa.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Interop;

/// <summary>Matches one encoder of a file with a network of its size.</summary>
internal sealed class EncoderImporter
{
    private static readonly (string Start, string Why)[] Foreign =
    [
        ("cls_token", "a class token; NJepa's networks have none"),
        ("embeddings.cls_token", "a class token; NJepa's networks have none"),
        ("dist_token", "a distillation token; NJepa's networks have none"),
        ("reg_token", "register tokens; NJepa's networks have none"),
        ("norm_pre.", "a norm before the blocks; NJepa's networks have none"),
        ("attn_pool.", "attention pooling; NJepa averages the patches"),
    ];

    private static readonly (string Start, string Why)[] Harmless =
    [
        ("head.", "a classifier's head"),
        ("head_dist.", "a classifier's head"),
        ("pooler.", "a pooler that reads the first token; NJepa averages the patches"),
        ("embeddings.mask_token", "a mask token, which is not used on whole images"),
        ("mask_token", "a mask token, which is not used on whole images"),
    ];

    private readonly TensorFile _file;
    private readonly EncoderModule _module;
    private readonly EncoderImportOptions _options;
    private readonly EncoderDescription _description;
    private readonly WeightsMatcher _matcher;
    private readonly string[] _inside;

    public EncoderImporter(TensorFile file, EncoderImportOptions options)
    {
        _file = file;
        _options = options;
        _module = EncoderModule.Choose(file, options.Module);
        _inside = [.. EncoderModule.FindAll(file).Select(other => other.Prefix).Where(prefix => prefix.Length > _module.Prefix.Length && prefix.StartsWith(_module.Prefix, StringComparison.Ordinal))];
        _description = EncoderDescription.Of(file, _module);
        Size = EncoderSize.Of(file, _module, _description, options);
        _matcher = new WeightsMatcher(file);
        _matcher.Problems.AddRange(_description.Problems);
        _matcher.Notes.AddRange(_description.Notes);
        _matcher.Problems.AddRange(_description.Sizes.Where(told => told.Value is { } value && value != told.Of(Size))
            .Select(told => $"{told.Name} is {told.Value} in what describes the network, and {told.Of(Size)} by the weights; the file is incomplete, or the description is of another"));
        if (options.Heads is { } wanted && _description.Heads is { } heads && wanted != heads)
        {
            _matcher.Problems.Add($"EncoderImportOptions.Heads is {wanted}, and what describes the network says {heads}");
        }

        IReadOnlyList<EncoderModule> encoders = EncoderModule.FindAll(file);
        if (options.Module is null && encoders.Count > 1)
        {
            _matcher.Notes.Add($"of the encoders {string.Join(", ", encoders.Select(encoder => encoder.Title))}, {_module.Title} was taken; EncoderImportOptions.Module chooses another");
        }

        if (_module.HasFcNorm(file))
        {
            _matcher.Notes.Add("the final norm (fc_norm) comes after pooling: patch features are those before it (ViT.NormAfterPooling)");
        }

        if (options.Heads is null && _description.Heads is null)
        {
            _matcher.Notes.Add($"the number of attention heads, {Size.Heads}, was taken from the preset {Size.Title} of the same width and depth, since nothing beside the weights tells it; EncoderImportOptions.Heads sets another");
        }
    }

    /// <summary>The network as the file has it.</summary>
    public ViT Size { get; }

    public WeightsMatcher Matcher => _matcher;

    /// <summary>
    /// The position table for the wanted image size; null where it is the sin-cos table of the grid, which needs no keeping.
    /// </summary>
    public float[]? Positions(ViT wanted)
    {
        string name = _module.Prefix + _module.Names.Positions;
        _matcher.MarkRead(name);
        if (_file.Find(name) is not { } entry)
        {
            // Of NJepa's own files it is known; elsewhere the table may have been learned.
            (_module.Naming(_file) == WeightNaming.NJepa ? _matcher.Notes : _matcher.Problems).Add($"there is no position table '{name}'; the sin-cos table of the {wanted.Grid} grid would stand in for it");
            return null;
        }

        if (entry.Shape[^1] != Size.Width || (entry.Shape.Count == 3 && entry.Shape[0] != 1) || entry.Type is not (ScalarType.Float32 or ScalarType.Float64 or ScalarType.Float16 or ScalarType.BFloat16))
        {
            _matcher.Problems.Add($"'{name}' is {entry.Type} [{string.Join(",", entry.Shape)}]; a table of {Size.Patches} x {Size.Width} floating-point numbers is needed");
            return null;
        }

        using DisposeScope scope = NewDisposeScope();
        float[] table = MemoryMarshal.Cast<byte, float>(_file.Read(name).to_type(ScalarType.Float32).contiguous().bytes).ToArray();
        if (entry.Type is ScalarType.Float16 or ScalarType.BFloat16 && IsNear(table, PositionTable.SinCos(Size.Grid, Size.Width), entry.Type))
        {
            _matcher.Notes.Add($"positions of type {entry.Type} are the sin-cos table of the grid within their rounding; the exact table is used");
        }

        bool isSinCos = IsNear(table, PositionTable.SinCos(Size.Grid, Size.Width), entry.Type);
        if (wanted.Grid != Size.Grid)
        {
            _matcher.Notes.Add($"positions were resampled from the {Size.Grid} grid of {Size.ImageSize} px to {wanted.Grid} for {wanted.ImageSize} px");
            return PositionTable.Resize(isSinCos ? PositionTable.SinCos(Size.Grid, Size.Width) : table, Size.Grid, wanted.Grid);
        }

        return isSinCos ? null : table;
    }

    /// <summary>Matches all parameters of an encoder.</summary>
    /// <param name="parameters">Where they are.</param>
    /// <param name="prefix">What their names start with there.</param>
    public void Match(ParameterBuffer parameters, string prefix)
    {
        List<WeightPart> parts = [.. _module.Names.PartsOf(Size, _module.HasFcNorm(_file))];
        bool withoutQkvBias = parts.Where(IsQkvBias).All(part => _file.Find(_module.Prefix + part.Source) is null);
        if (withoutQkvBias)
        {
            _matcher.Notes.Add("queries, keys and values have no biases in the file; they are zero here, which is the same");
        }

        foreach (WeightPart part in parts)
        {
            Tensor destination = parameters[prefix + part.Parameter].Value;
            if (withoutQkvBias && IsQkvBias(part))
            {
                _matcher.Zero(destination);
            }
            else
            {
                _matcher.Expect(prefix + part.Parameter, destination, _module.Prefix + part.Source, part.Part, part.Parts);
            }
        }
    }

    /// <summary>What was found, once everything was matched; with it every tensor of the file has been spoken of.</summary>
    public WeightsReport Report()
    {
        var ignored = new List<string>();
        var elsewhere = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (TensorEntry entry in _file.Entries.Where(entry => !_matcher.HasRead(entry.Name)))
        {
            if (!entry.Name.StartsWith(_module.Prefix, StringComparison.Ordinal) || IsInsideAnother(entry.Name))
            {
                string other = entry.Name.Split('.')[0];
                elsewhere[other] = elsewhere.GetValueOrDefault(other) + 1;
            }
            else
            {
                Sort(entry, ignored);
            }
        }

        ignored.AddRange(elsewhere.Select(other => $"'{other.Key}' ({other.Value} tensors) is not part of the module that was read"));
        return new WeightsReport(_file.Path, _module.Naming(_file), _module.Label, [.. _matcher.Matched], [.. _matcher.Problems], ignored, [.. _matcher.Notes]);
    }

    private void Sort(TensorEntry entry, List<string> ignored)
    {
        string name = entry.Name[_module.Prefix.Length..];
        if (Array.Find(Harmless, known => name.StartsWith(known.Start, StringComparison.Ordinal)).Why is { } harmless)
        {
            ignored.Add($"'{entry.Name}' is {harmless}");
            return;
        }

        string why = Array.Find(Foreign, known => name.StartsWith(known.Start, StringComparison.Ordinal)).Why
            ?? (name.Contains(".ls1.", StringComparison.Ordinal) || name.Contains(".ls2.", StringComparison.Ordinal) ? "a layer scale; NJepa's blocks have none"
                : name.Contains("q_norm", StringComparison.Ordinal) || name.Contains("k_norm", StringComparison.Ordinal) ? "a norm of queries or keys; NJepa's blocks have none"
                : "not part of an encoder that NJepa knows");
        _matcher.Problems.Add($"'{entry.Name}' [{string.Join(",", entry.Shape)}] is {why}");
    }

    // A file that is an encoder at its root may hold others, or the predictor, below names of their own.
    private bool IsInsideAnother(string name) => _inside.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    private static bool IsQkvBias(WeightPart part) => part.Parameter.EndsWith("attn.qkv.bias", StringComparison.Ordinal);

    // Within what the type of the file can tell apart, for numbers up to 1.
    private static bool IsNear(float[] table, float[] other, ScalarType type)
    {
        double tolerance = type switch { ScalarType.BFloat16 => 4e-3, ScalarType.Float16 => 5e-4, _ => 1e-6 };
        return table.Length == other.Length && table.Zip(other).All(pair => Math.Abs(pair.First - pair.Second) <= tolerance);
    }
}
