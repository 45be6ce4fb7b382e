using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace NJepa.Models;

/// <summary>
/// A vision transformer encoder: student or teacher of a <see cref="JepaModel"/>, or on its own for inference
/// (<see cref="Load(string, Device?)"/>). Its parameters are views into a flat buffer.
/// </summary>
/// <remarks>
/// Forward passes may run on several threads at once as long as nobody changes the parameters. Results belong to the caller (or to the caller's dispose scope).
/// </remarks>
public sealed class ViTEncoder : IDisposable
{
    private const double TargetNormEpsilon = 1e-5;
    private readonly TransformerBlock[] _blocks;
    private readonly LinearLayer _embed;
    private readonly LayerNormLayer _norm;
    private readonly Tensor _positionsLD;
    private readonly ParameterBuffer? _owned;
    private readonly ScalarType _type;
    private bool _disposed;

    /// <param name="configuration">The size.</param>
    /// <param name="parameters">The float32 parameters.</param>
    /// <param name="prefix">Name prefix of the layers.</param>
    /// <param name="device">The device.</param>
    /// <param name="used">What the network computes with where that is a shadow of the parameters; null for the parameters themselves.</param>
    /// <param name="ownsParameters">Whether the parameters end with the encoder.</param>
    /// <param name="positionsLD">The position table where it is not the sin-cos table of the grid.</param>
    internal ViTEncoder(
        ViT configuration, ParameterBuffer parameters, string prefix, Device device, ParameterBuffer? used = null, bool ownsParameters = false, float[]? positionsLD = null)
    {
        used ??= parameters;
        _type = used.Values.dtype;
        Configuration = configuration;
        Parameters = parameters;
        Prefix = prefix;
        Device = device;
        _embed = new LinearLayer(used, prefix + "patch_embed.proj");
        _blocks = [.. Enumerable.Range(0, configuration.Depth).Select(i => new TransformerBlock(used, $"{prefix}blocks.{i}", configuration.Heads))];
        _norm = new LayerNormLayer(used, prefix + "norm");
        HasOwnPositions = positionsLD is not null;
        _positionsLD = positionsLD is null
            ? Constant.Positions(configuration.Grid, configuration.Width, device)
            : Constant.Positions(positionsLD, configuration.Grid, device);
        _owned = ownsParameters ? parameters : null;
    }

    /// <summary>The size of the network.</summary>
    public ViT Configuration { get; }

    /// <summary>The device that the parameters are on and that inputs must be on.</summary>
    public Device Device { get; }

    /// <summary>The buffer that holds the parameters. A student's buffer holds the predictors as well.</summary>
    public ParameterBuffer Parameters { get; }

    /// <summary>Number of parameters of the encoder alone.</summary>
    public long ParameterCount => TransformerSpecs.Encoder("", Configuration, rescale: false).Sum(spec => spec.Count);

    /// <summary>Whether the positions are a table of the encoder's own, from a file or resampled for another image size, and not the sin-cos table of its grid.</summary>
    public bool HasOwnPositions { get; }

    internal string Prefix { get; }

    internal Tensor PositionsLD => _positionsLD;

    /// <summary>A new encoder with random weights.</summary>
    /// <param name="configuration">The size of the network.</param>
    /// <param name="seed">Seed of the initial weights.</param>
    /// <param name="device">The device; null is the CPU.</param>
    /// <exception cref="ArgumentException">The configuration cannot be built, and the message lists every reason; or the device is neither the CPU nor a GPU.</exception>
    /// <exception cref="NativeRuntimeException">The native libraries cannot be loaded, or the device is not there; the message says why and what to do.</exception>
    /// <exception cref="InsufficientMemoryException">The parameters cannot be allocated on the device.</exception>
    public static ViTEncoder Create(ViT configuration, ulong seed = 0, Device? device = null)
    {
        ViTEncoder encoder = Allocate(configuration, device);
        ParameterInitializer.Initialize(encoder.Parameters, Specs(configuration), seed);
        return encoder;
    }

    /// <summary>An encoder whose weights are whatever the memory held: for one whose every weight is set next.</summary>
    internal static ViTEncoder Allocate(ViT configuration, Device? device, float[]? positionsLD = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        IReadOnlyList<string> errors = configuration.Validate();
        if (errors.Count > 0)
        {
            throw new ArgumentException("The encoder cannot be built:\n- " + string.Join("\n- ", errors), nameof(configuration));
        }

        device = ModelDevice.Checked(device);
        var buffer = new ParameterBuffer(Specs(configuration), device, trainable: false, cleared: false);
        return new ViTEncoder(configuration, buffer, "", device, ownsParameters: true, positionsLD: positionsLD);
    }

    private static List<ParameterSpec> Specs(ViT configuration) =>
        [.. TransformerSpecs.Encoder("", configuration, rescale: false).OrderByDescending(spec => spec.Decayed)];

    /// <summary>Loads an encoder from a safetensors file that <see cref="Save"/> wrote; the file describes the network.</summary>
    /// <param name="path">The file.</param>
    /// <param name="device">The device; null is the CPU.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="WeightsException">The file is damaged, describes no NJepa encoder, or names, shapes or types do not fit.</exception>
    public static ViTEncoder Load(string path, Device? device = null) => EncoderWeights.Load(path, device);

    /// <summary>
    /// Saves the encoder's weights as safetensors: PyTorch-style names without a prefix (<c>patch_embed.proj.weight</c>, <c>blocks.0.attn.qkv.weight</c>, ...), the position table
    /// as <c>pos_embed</c> <c>[1,L,D]</c>, the network's size in the metadata. The file appears whole or not at all.
    /// </summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        EncoderWeights.Save(this, path);
    }

    /// <summary>
    /// A copy of the encoder for images of another size: the same weights, the position table resampled (<see cref="PositionTable.Resize"/>), so that the positions keep the range that the
    /// encoder was trained with.
    /// </summary>
    /// <param name="imageSize">Side of the square images in pixels; a multiple of the patch size, at most 256 patches.</param>
    /// <returns>An encoder of its own on the same device.</returns>
    /// <exception cref="ArgumentException">There is no grid for that size; the message says why.</exception>
    /// <exception cref="InsufficientMemoryException">The parameters cannot be allocated on the device.</exception>
    public ViTEncoder WithImageSize(int imageSize)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ViT resized = Configuration with { ImageSize = imageSize };
        IReadOnlyList<string> errors = resized.Validate();
        if (errors.Count > 0)
        {
            throw new ArgumentException("The encoder cannot take images of that size:\n- " + string.Join("\n- ", errors), nameof(imageSize));
        }

        float[] positionsLD = PositionTable.Resize(Positions(), Configuration.Grid, resized.Grid);
        ViTEncoder copy = Allocate(resized, Device, HasOwnPositions || resized.Grid != Configuration.Grid ? positionsLD : null);
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        foreach (ModelParameter parameter in copy.Parameters.Parameters)
        {
            parameter.Value.copy_(Parameters[Prefix + parameter.Name].Value);
        }

        return copy;
    }

    /// <summary>The position table <c>[L,D]</c> where it is the encoder's own; null where it is its grid's.</summary>
    internal float[]? OwnPositions() => HasOwnPositions ? Positions() : null;

    /// <summary>The position table <c>[L,D]</c> as numbers, row-major.</summary>
    internal float[] Positions()
    {
        using DisposeScope scope = NewDisposeScope();
        return MemoryMarshal.Cast<byte, float>(_positionsLD.cpu().bytes).ToArray();
    }

    /// <summary>Patch features <c>[B,L,D]</c> after the final LayerNorm (before it where <see cref="ViT.NormAfterPooling"/> is set), without gradients.</summary>
    /// <param name="imagesBCHW">Normalised images <c>[B,C,H,W]</c> float32 on <see cref="Device"/>; see <see cref="ImageNormalization"/>.</param>
    /// <exception cref="ArgumentException">The images' shape, type or device does not fit.</exception>
    public Tensor Encode(Tensor imagesBCHW)
    {
        CheckImages(imagesBCHW);
        ModelDevice.Use(Device, Precision.Float32);
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor tokensBLD = RunAll(Patches.FromImages(imagesBCHW, Configuration.PatchSize), imagesBCHW.size(0));
        return (Configuration.NormAfterPooling ? tokensBLD : Finish(tokensBLD)).As(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>Image features <c>[B,D]</c>: the mean over the patches of <see cref="Encode"/>, without gradients.</summary>
    /// <param name="imagesBCHW">Normalised images <c>[B,C,H,W]</c> float32 on <see cref="Device"/>.</param>
    /// <exception cref="ArgumentException">The images' shape, type or device does not fit.</exception>
    public Tensor EncodePooled(Tensor imagesBCHW) => EncodePooled(imagesBCHW, 1);

    /// <summary>
    /// Image features <c>[B, n*D]</c> from the last n layers: of each the final LayerNorm and the mean over the patches, concatenated from the earliest to the last, without gradients. The low-shot
    /// protocol of the N-JEPA paper uses 1 and 4. The last D channels are those of <see cref="EncodePooled(Tensor)"/>.
    /// </summary>
    /// <param name="imagesBCHW">Normalised images <c>[B,C,H,W]</c> float32 on <see cref="Device"/>.</param>
    /// <param name="lastLayers">n, from 1 to the network's depth.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="lastLayers"/> is below 1 or above the network's depth.</exception>
    /// <exception cref="ArgumentException">The images' shape, type or device does not fit.</exception>
    public Tensor EncodePooled(Tensor imagesBCHW, int lastLayers)
    {
        if (lastLayers < 1 || lastLayers > _blocks.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(lastLayers), lastLayers, FormattableString.Invariant($"{Configuration.Title} has {_blocks.Length} layers; lastLayers must be from 1 to {_blocks.Length}."));
        }

        CheckImages(imagesBCHW);
        ModelDevice.Use(Device, Precision.Float32);
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor tokensBLD = EmbedAll(Patches.FromImages(imagesBCHW, Configuration.PatchSize), imagesBCHW.size(0));
        var pooled = new List<Tensor>(lastLayers);
        for (int i = 0; i < _blocks.Length; i++)
        {
            using Tensor input = tokensBLD;
            tokensBLD = _blocks[i].Forward(input);
            if (i >= _blocks.Length - lastLayers)
            {
                pooled.Add(Pool(tokensBLD));
            }
        }

        return cat(pooled, 1).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Tokens, size, parameters and operations per image, for people. One multiplication and one addition are two operations: ViT-B/16 has 34.9 GFLOP at 224 px, which others
    /// count as 17.5 G multiply-adds.
    /// </summary>
    public override string ToString() => ModelSummary.Describe(Configuration);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _positionsLD.Dispose();
        _owned?.Dispose();
    }

    /// <summary>Visible patches only: <c>[B*L, C*p*p]</c> patches to <c>[B,K,D]</c> features.</summary>
    /// <param name="patches">The patches of all images.</param>
    /// <param name="visibleBK">Which of them are visible.</param>
    /// <param name="tape">Where activations are recomputed; null keeps them.</param>
    internal Tensor EncodeVisible(Tensor patches, PatchIndices visibleBK, ActivationTape? tape = null)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor embedded = ActivationTape.Run(
            tape,
            patches.index_select(0, visibleBK.Rows),
            visible => Embed(visible).Plus(_positionsLD.index_select(0, visibleBK.Patches)).As(_type).view(visibleBK.Shape(Configuration.Width)));
        Tensor encoded = RunBlocks(embedded, _blocks.Length, tape);
        return ActivationTape.End(tape, ActivationTape.Run(tape, encoded, Finish)).MoveToOuterDisposeScope();
    }

    /// <summary>The teacher's targets <c>[B,M,T,D]</c>: all patches encoded, gathered, then LayerNorm and a parameter-free LayerNorm (eps 1e-5) on what was gathered.</summary>
    internal Tensor EncodeTargets(Tensor patches, PatchIndices targetsBMT)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor tokensBLD = RunBlocks(EmbedAll(patches, targetsBMT.Images), _blocks.Length - 1);

        // The last block is computed where a target reads it, except where that would be more: blocks may overlap.
        Tensor targets = targetsBMT.PerImage < tokensBLD.size(1)
            ? _blocks[^1].ForwardAt(tokensBLD, targetsBMT.Rows)
            : _blocks[^1].Forward(tokensBLD).view(-1, Configuration.Width).index_select(0, targetsBMT.Rows);
        return functional.layer_norm(Finish(targets).As(ScalarType.Float32), [Configuration.Width], eps: TargetNormEpsilon).view(targetsBMT.Shape(Configuration.Width)).MoveToOuterDisposeScope();
    }

    /// <summary>All patches to image features <c>[B,D]</c>, with gradients where the parameters have them.</summary>
    internal Tensor EncodeAllPooled(Tensor patches, long images) => Pool(RunAll(patches, images));

    /// <summary>The patch embedding alone, <c>[rows, C*p*p]</c> to <c>[rows, D]</c>.</summary>
    internal Tensor Embed(Tensor patches) => _embed.ForwardFlat(patches.As(_type));

    internal TransformerBlock Block(int index) => _blocks[index];

    internal LayerNormLayer FinalNorm => _norm;

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);

    internal void CheckImages(Tensor imagesBCHW)
    {
        ThrowIfDisposed();
        EncoderInput.Check(imagesBCHW, Configuration, Device);
    }

    private Tensor EmbedAll(Tensor patches, long images) => Embed(patches).view(images, -1, Configuration.Width).Plus(_positionsLD).As(_type);

    private Tensor RunBlocks(Tensor x, int count, ActivationTape? tape = null)
    {
        for (int i = 0; i < count; i++)
        {
            // The handle of what went in is let go: memory comes free unless a backward pass will read it.
            using Tensor input = x;
            x = ActivationTape.Run(tape, input, _blocks[i].Forward);
        }

        return x;
    }

    private Tensor RunAll(Tensor patches, long images) => RunBlocks(EmbedAll(patches, images), _blocks.Length);

    private Tensor Pool(Tensor tokensBLD) => Configuration.NormAfterPooling
        ? Finish(tokensBLD.mean([1])).As(ScalarType.Float32)
        : Finish(tokensBLD).As(ScalarType.Float32).mean([1]);

    private Tensor Finish(Tensor x) => _norm.Forward(x);
}
