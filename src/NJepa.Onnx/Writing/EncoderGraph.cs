using NJepa.Models;
using NJepa.Onnx.Format;
using static NJepa.Onnx.Writing.GraphBuilder;
using static TorchSharp.torch;
using DataType = NJepa.Onnx.Format.TensorProto.Types.DataType;

namespace NJepa.Onnx.Writing;

/// <summary>
/// An encoder as a graph. In float16 the products are float16 and what lies between the blocks stays float32: the sums grow from block to block, and LayerNorm and softmax lose what they divide by.
/// </summary>
// Shapes: B images, L patches in a grid of G a side, D channels, H heads of C = D / H.
internal sealed class EncoderGraph(ViTEncoder encoder, OnnxExportOptions options, GraphBuilder graph, Initializers constants)
{
    private const float Epsilon = 1e-6f;

    private readonly ViT _vit = encoder.Configuration;

    /// <summary>Normalised images <c>[B,C,H,W]</c> to features.</summary>
    /// <param name="imagesBCHW">The name of the images.</param>
    /// <returns>The names of the patch features <c>[B,L,D]</c> of the last layer and of the pooled features <c>[B,n*D]</c>.</returns>
    public (string PatchFeatures, string Features) Build(string imagesBCHW)
    {
        AddSharedConstants();
        string x = Embed(imagesBCHW), patchFeatures = x;
        var pooled = new List<string>();
        for (int block = 0; block < _vit.Depth; block++)
        {
            x = Block(x, $"blocks.{block}");
            int fromLast = _vit.Depth - 1 - block;
            if (fromLast < options.LastLayers)
            {
                string name = fromLast == 0 ? "norm" : $"norm.minus{fromLast}";
                patchFeatures = _vit.NormAfterPooling ? x : Norm(x, "norm", name);
                string mean = graph.Node("ReduceMean", name + ".mean", [patchFeatures], Integers("axes", 1), Integer("keepdims", 0));
                pooled.Add(_vit.NormAfterPooling ? Norm(mean, "norm", name) : mean);
            }
        }

        return (patchFeatures, pooled.Count == 1 ? pooled[0] : graph.Node("Concat", "pooled", [.. pooled], Integer("axis", 1)));
    }

    private Tensor Parameter(string name) => encoder.Parameters[encoder.Prefix + name].Value;

    private void AddSharedConstants()
    {
        constants.Integers("shape.heads", 0, 0, _vit.Heads, _vit.Width / _vit.Heads);
        constants.Integers("shape.tokens", 0, 0, _vit.Width);
        constants.Scalar("attention.scale", (float)(1 / Math.Sqrt(_vit.Width / (double)_vit.Heads)));
        constants.Scalar("gelu.root2", (float)Math.Sqrt(2));
        constants.Scalar("gelu.one", 1);
        constants.Scalar("gelu.half", 0.5f);
        constants.Integers("shape.flat", 0, _vit.Width, -1);
        constants.Full("norm.weight", Parameter("norm.weight"));
        constants.Full("norm.bias", Parameter("norm.bias"));
    }

    private string Embed(string imagesBCHW)
    {
        string weight = constants.Weight("patch_embed.proj.weight", Parameter("patch_embed.proj.weight"));
        string bias = constants.Weight("patch_embed.proj.bias", Parameter("patch_embed.proj.bias"));
        string grid = graph.Node(
            "Conv", "patch_embed", [ToProducts(imagesBCHW, "patch_embed.input"), weight, bias], Integers("kernel_shape", _vit.PatchSize, _vit.PatchSize), Integers("strides", _vit.PatchSize, _vit.PatchSize));
        string flat = graph.Node("Reshape", "patch_embed.flat", [grid, "shape.flat"]);
        string tokens = FromProducts(graph.Node("Transpose", "patch_embed.tokens", [flat], Integers("perm", 0, 2, 1)), "patch_embed.tokens.float");
        return graph.Node("Add", "tokens", [tokens, new PositionGraph(encoder, options, graph, constants).Build(imagesBCHW)]);
    }

    private string Block(string x, string name)
    {
        string attended = graph.Node("Add", name + ".attn.sum", [x, Attention(Norm(x, name + ".norm1"), name + ".attn")]);
        return graph.Node("Add", name, [attended, Mlp(Norm(attended, name + ".norm2"), name + ".mlp")]);
    }

    private string Norm(string x, string name)
    {
        constants.Full(name + ".weight", Parameter(name + ".weight"));
        constants.Full(name + ".bias", Parameter(name + ".bias"));
        return Norm(x, name, name);
    }

    // The final LayerNorm is applied to several layers.
    private string Norm(string x, string parameters, string name) =>
        graph.Node("LayerNormalization", name, [x, parameters + ".weight", parameters + ".bias"], Integer("axis", -1), Real("epsilon", Epsilon));

    private string Attention(string normed, string name)
    {
        string qkv = Linear(ToProducts(normed, name + ".input"), name + ".qkv");
        string[] parts = graph.NodeOfMany("Split", name + ".split", [qkv], [name + ".q", name + ".k", name + ".v"], Integer("axis", 2));
        string q = graph.Node("Mul", name + ".q.scaled", [Heads(parts[0], 0, 2, 1, 3), "attention.scale"]);
        string scores = graph.Node("MatMul", name + ".scores", [q, Heads(parts[1], 0, 2, 3, 1)]);
        string weights = graph.Node("Softmax", name + ".softmax", [FromProducts(scores, name + ".scores.float")], Integer("axis", -1));
        string mixed = graph.Node("MatMul", name + ".mixed", [ToProducts(weights, name + ".weights"), Heads(parts[2], 0, 2, 1, 3)]);
        string tokens = graph.Node("Transpose", name + ".mixed.tokens", [mixed], Integers("perm", 0, 2, 1, 3));
        string joined = graph.Node("Reshape", name + ".mixed.joined", [tokens, "shape.tokens"]);
        return FromProducts(Linear(joined, name + ".proj"), name + ".float");
    }

    // [B,L,D] to [B,H,L,C], or another order of these.
    private string Heads(string part, params ReadOnlySpan<long> order) =>
        graph.Node("Transpose", part + ".heads", [graph.Node("Reshape", part + ".split", [part, "shape.heads"])], Integers("perm", order));

    // GELU as x / 2 (1 + erf(x / sqrt 2)), in an order of operations that runtimes know and replace by one of their own, and in which nothing overflows that neither x nor the result does.
    private string Mlp(string normed, string name)
    {
        string hidden = Linear(ToProducts(normed, name + ".input"), name + ".fc1");
        string erf = graph.Node("Erf", name + ".gelu.erf", [graph.Node("Div", name + ".gelu.div", [hidden, "gelu.root2"])]);
        string half = graph.Node("Mul", name + ".gelu.mul", [hidden, "gelu.half"]);
        return FromProducts(Linear(graph.Node("Mul", name + ".gelu", [half, graph.Node("Add", name + ".gelu.add", [erf, "gelu.one"])]), name + ".fc2"), name + ".float");
    }

    private string Linear(string input, string name)
    {
        string weight = constants.Weight(name + ".weight", Parameter(name + ".weight"), transposed: true);
        string bias = constants.Weight(name + ".bias", Parameter(name + ".bias"));
        return graph.Node("Add", name, [graph.Node("MatMul", name + ".product", [input, weight]), bias]);
    }

    private string ToProducts(string input, string name) => options.IsHalf ? graph.Cast(input, DataType.Float16, name) : input;

    private string FromProducts(string input, string name) => options.IsHalf ? graph.Cast(input, DataType.Float, name) : input;
}
